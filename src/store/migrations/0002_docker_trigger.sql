-- The Docker trigger at Docker Hub: hooks there, tags that are watched, limits, and what a run itself pushed.

-- ---- webhooks

ALTER TABLE webhooks ADD COLUMN registration TEXT NOT NULL DEFAULT 'automatic'; -- automatic | manual: who makes the hook at Docker Hub
ALTER TABLE webhooks ADD COLUMN sweep TEXT NOT NULL DEFAULT 'on';               -- on | off: pushes whose delivery never came are looked for
ALTER TABLE webhooks ADD COLUMN senders TEXT NOT NULL DEFAULT '[]';             -- JSON: networks that may deliver; none: all may
ALTER TABLE webhooks ADD COLUMN run_limit INTEGER NOT NULL DEFAULT 60;          -- runs in 10 minutes; further ones are held; 0: no limit
-- The last time it was disabled, [disabled_at, enabled_at): a push of that time never runs. enabled_at is NULL while it is disabled.
ALTER TABLE webhooks ADD COLUMN disabled_at INTEGER;
ALTER TABLE webhooks ADD COLUMN enabled_at INTEGER;

-- Those that are there already were pasted at Docker Hub by hand.
UPDATE webhooks SET registration = 'manual';

-- The hook at Docker Hub that a webhook has, or had: its row goes only when the hook is gone there. Written before each call,
-- so that a crash between the two sides leaves a row that says what to look for.
CREATE TABLE hub_hooks (
    id           INTEGER PRIMARY KEY,
    uuid         TEXT NOT NULL UNIQUE,
    project_id   INTEGER NOT NULL REFERENCES projects (id),
    endpoint_id  INTEGER NOT NULL REFERENCES endpoints (id), -- whose credentials reach it
    webhook_id   INTEGER,                        -- NULL: deleted here, still to be deleted there
    webhook_name TEXT NOT NULL,
    repository   TEXT NOT NULL,                  -- "acme/web"
    name         TEXT NOT NULL,                  -- there; unique, so that it is found again
    slug         TEXT NOT NULL DEFAULT '',       -- as Docker Hub calls it; '' while it is not known
    wanted       TEXT NOT NULL,                  -- there | gone
    url_hash     TEXT NOT NULL DEFAULT '',       -- SHA-256 of the URL that is known to stand there
    state        TEXT NOT NULL,                  -- pending | registered | failed (will be tried again) | manual
    message      TEXT NOT NULL DEFAULT '',       -- one sentence for people, with Docker Hub's own words
    version      INTEGER NOT NULL DEFAULT 1,     -- one more with each intent: what came of an older one says nothing of it
    attempts     INTEGER NOT NULL DEFAULT 0,
    next_at      INTEGER,                        -- NULL: nothing to do
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
);
CREATE UNIQUE INDEX hub_hooks_by_webhook ON hub_hooks (webhook_id) WHERE webhook_id IS NOT NULL;
CREATE INDEX hub_hooks_due ON hub_hooks (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX hub_hooks_by_endpoint ON hub_hooks (endpoint_id);
CREATE INDEX hub_hooks_by_project ON hub_hooks (project_id, id);

-- The first and the last delivery of a webhook.
CREATE INDEX deliveries_by_listener ON deliveries (listener_id, id);

-- ---- the sweep

-- A repository that webhooks of an endpoint watch: one question, or one list, serves all of them.
CREATE TABLE watches (
    id          INTEGER PRIMARY KEY,
    project_id  INTEGER NOT NULL REFERENCES projects (id),
    endpoint_id INTEGER NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    registry    TEXT NOT NULL,                   -- canonical host: whose budget it uses
    repository  TEXT NOT NULL,
    checked_at  INTEGER,                         -- when the last complete look at it began
    next_at     INTEGER NOT NULL,                -- when the next one is due
    failures    INTEGER NOT NULL DEFAULT 0,      -- looks that failed since
    message     TEXT NOT NULL DEFAULT '',        -- why the last one failed; '' when it did not
    requests    INTEGER NOT NULL DEFAULT 0,      -- that the last complete look needed
    took        INTEGER NOT NULL DEFAULT 0,      -- microseconds of it
    tags        INTEGER NOT NULL DEFAULT 0,      -- that it saw and that are watched
    UNIQUE (endpoint_id, repository)
);
CREATE INDEX watches_due ON watches (registry, next_at);
CREATE INDEX watches_by_project ON watches (project_id, id);

-- The tags that a webhook of the watch wants, as the registry last showed them. Another digest, or a tag that was not there,
-- is a push.
CREATE TABLE watched_tags (
    watch_id INTEGER NOT NULL REFERENCES watches (id) ON DELETE CASCADE,
    tag      TEXT NOT NULL,
    digest   TEXT NOT NULL,
    seen_at  INTEGER NOT NULL,                   -- when this digest was seen first
    PRIMARY KEY (watch_id, tag)
);

-- Which webhook watches what. Until baseline_at is set, by a complete look that began after since, what is found is taken as
-- it is, and starts nothing. Its row goes when it is disabled, so that enabling begins anew.
CREATE TABLE webhook_watches (
    webhook_id  INTEGER PRIMARY KEY REFERENCES webhooks (id) ON DELETE CASCADE,
    watch_id    INTEGER NOT NULL REFERENCES watches (id) ON DELETE CASCADE,
    patterns    TEXT NOT NULL,                   -- with which it did: others take a baseline of their own
    since       INTEGER NOT NULL,
    baseline_at INTEGER
);
CREATE INDEX webhook_watches_by_watch ON webhook_watches (watch_id);

-- What the sweep asks of a registry, in sum: from it the time follows within which every tag is looked at.
CREATE TABLE swept_registries (
    registry TEXT PRIMARY KEY,
    requests INTEGER NOT NULL,                   -- of one look at each of its watches
    message  TEXT NOT NULL DEFAULT '',           -- why it is not asked now; '' when it is
    since    INTEGER                             -- and since when
);

ALTER TABLE pushes ADD COLUMN found_by TEXT NOT NULL DEFAULT 'delivery'; -- delivery | sweep
CREATE INDEX pushes_by_tag ON pushes (endpoint_id, repository, tag, id);

-- ---- no loops

ALTER TABLE pushes ADD COLUMN execution_id INTEGER; -- the run that made this push; NULL: not known to be a run's
CREATE INDEX pushes_by_time ON pushes (repository, tag, first_at);
-- What runs pushed, as their tasks or scripts told us, often before the registry's webhook does.
CREATE TABLE run_pushes (
    id           INTEGER PRIMARY KEY,
    project_id   INTEGER NOT NULL REFERENCES projects (id),
    execution_id INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    registry     TEXT NOT NULL,
    repository   TEXT NOT NULL,
    tag          TEXT NOT NULL,
    digest       TEXT NOT NULL DEFAULT '',
    created_at   INTEGER NOT NULL
);
CREATE INDEX run_pushes_by_tag ON run_pushes (repository, tag, created_at);
CREATE INDEX run_pushes_by_execution ON run_pushes (execution_id);

-- Which webhooks lend a token, that its owner is told of its end.
CREATE INDEX webhooks_by_token ON webhooks (token_hash) WHERE token_hash <> '';

-- ---- events that are held back by a webhook's limit

ALTER TABLE events ADD COLUMN held_until INTEGER;
CREATE INDEX events_held ON events (held_until) WHERE held_until IS NOT NULL;
CREATE INDEX events_held_by_webhook ON events (webhook_id, id) WHERE held_until IS NOT NULL;
CREATE INDEX executions_by_webhook ON executions (webhook_id, requested_at) WHERE webhook_id IS NOT NULL;
