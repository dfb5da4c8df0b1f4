-- The first schema. Conventions, for every later migration too:
-- integer keys beside UUIDs (UUIDs are what the world sees); project_id in every
-- table that belongs to a project; times are integer microseconds UTC; JSON and
-- names are text; sealed values are text made by secrets/seal.h. Written to run
-- on SQLite 3.40 and PostgreSQL 15; where the dialects part, NAME.pg.sql stands
-- beside NAME.sql.

-- One row a fact about the whole installation: 'org_id', 'org_name', 'key_check', ...
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);

-- ---- people

CREATE TABLE users (
    id           INTEGER PRIMARY KEY,
    uuid         TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL UNIQUE,           -- what is logged in with, and shown as "by"
    email        TEXT NOT NULL DEFAULT '',
    kind         TEXT NOT NULL DEFAULT 'person', -- person | service
    org_role     TEXT NOT NULL DEFAULT 'member', -- owner | member
    service_role TEXT NOT NULL DEFAULT '',       -- administrator | developer | executor | viewer | ''
    password     TEXT NOT NULL DEFAULT '',       -- argon2id; '' cannot log in by password
    disabled     INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
);

CREATE TABLE projects (
    id          INTEGER PRIMARY KEY,
    uuid        TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    created_by  TEXT NOT NULL DEFAULT '',
    updated_by  TEXT NOT NULL DEFAULT ''
);

CREATE TABLE members (
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role       TEXT NOT NULL,                    -- administrator | member | viewer
    PRIMARY KEY (project_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id);

-- API tokens: shown once, stored as a hash.
CREATE TABLE tokens (
    id           INTEGER PRIMARY KEY,
    uuid         TEXT NOT NULL UNIQUE,
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    hash         TEXT NOT NULL UNIQUE,           -- SHA-256 of a 256 bit random token
    org_role     TEXT NOT NULL,
    service_role TEXT NOT NULL,
    expires_at   INTEGER,                        -- NULL: never
    created_at   INTEGER NOT NULL,
    used_at      INTEGER,
    revoked_at   INTEGER
);
CREATE INDEX tokens_by_user ON tokens (user_id, id);

-- What an API token is exchanged for.
CREATE TABLE access_tokens (
    hash       TEXT PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_id   INTEGER REFERENCES tokens (id) ON DELETE CASCADE, -- NULL: logged in by password
    expires_at INTEGER NOT NULL
);
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

-- ---- what people make

CREATE TABLE endpoints (
    id          INTEGER PRIMARY KEY,
    uuid        TEXT NOT NULL UNIQUE,
    project_id  INTEGER NOT NULL REFERENCES projects (id),
    name        TEXT NOT NULL,
    type        TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    properties  TEXT NOT NULL,                   -- JSON; secret ones sealed
    restricted  INTEGER NOT NULL DEFAULT 0,
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    created_by  TEXT NOT NULL DEFAULT '',
    updated_by  TEXT NOT NULL DEFAULT '',
    UNIQUE (project_id, name)
);
CREATE INDEX endpoints_by_type ON endpoints (project_id, type);

CREATE TABLE variables (
    id          INTEGER PRIMARY KEY,
    uuid        TEXT NOT NULL UNIQUE,
    project_id  INTEGER NOT NULL REFERENCES projects (id),
    name        TEXT NOT NULL,
    type        TEXT NOT NULL,                   -- REGULAR | SECRET | RESTRICTED
    description TEXT NOT NULL DEFAULT '',
    value       TEXT NOT NULL,                   -- sealed unless REGULAR
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    created_by  TEXT NOT NULL DEFAULT '',
    updated_by  TEXT NOT NULL DEFAULT '',
    UNIQUE (project_id, name)
);

CREATE TABLE pipelines (
    id             INTEGER PRIMARY KEY,
    uuid           TEXT NOT NULL UNIQUE,
    project_id     INTEGER NOT NULL REFERENCES projects (id),
    name           TEXT NOT NULL,
    description    TEXT NOT NULL DEFAULT '',
    state          TEXT NOT NULL DEFAULT 'DISABLED', -- ENABLED | DISABLED | RELEASED
    global         INTEGER NOT NULL DEFAULT 0,
    concurrency    INTEGER NOT NULL DEFAULT 10,
    definition     TEXT NOT NULL,                -- JSON, as pipeline/model.h reads it
    version        INTEGER NOT NULL DEFAULT 1,
    last_index     INTEGER NOT NULL DEFAULT 0,   -- of its executions
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    created_by     TEXT NOT NULL DEFAULT '',
    updated_by     TEXT NOT NULL DEFAULT '',
    UNIQUE (project_id, name)
);

-- Definitions as they were, so that an execution pins one and thousands share it.
CREATE TABLE definitions (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    hash       TEXT NOT NULL UNIQUE,             -- SHA-256 of project id and definition
    definition TEXT NOT NULL
);

-- A listener: a URL with a secret. Of one webhook, or of a dockerregistry endpoint (then it considers all its webhooks).
CREATE TABLE listeners (
    id             INTEGER PRIMARY KEY,
    uuid           TEXT NOT NULL UNIQUE,         -- stands in the URL
    project_id     INTEGER NOT NULL REFERENCES projects (id),
    endpoint_id    INTEGER REFERENCES endpoints (id) ON DELETE CASCADE,
    webhook_id     INTEGER,                      -- references webhooks, which is made after it
    token          TEXT NOT NULL,                -- sealed: editors must be able to copy the URL
    token_hash     TEXT NOT NULL UNIQUE,         -- SHA-256: finds the listener of the manual's URL
    old_token_hash TEXT,                         -- still accepted until old_until, after a rotation
    old_until      INTEGER,
    created_at     INTEGER NOT NULL
);
CREATE INDEX listeners_by_endpoint ON listeners (endpoint_id);
CREATE UNIQUE INDEX listeners_by_webhook ON listeners (webhook_id) WHERE webhook_id IS NOT NULL;

-- Code Stream's registry-webhook: a listener of its own and a trigger in one.
CREATE TABLE webhooks (
    id            INTEGER PRIMARY KEY,
    uuid          TEXT NOT NULL UNIQUE,
    project_id    INTEGER NOT NULL REFERENCES projects (id),
    name          TEXT NOT NULL,
    description   TEXT NOT NULL DEFAULT '',
    enabled       INTEGER NOT NULL DEFAULT 1,
    endpoint_id   INTEGER NOT NULL REFERENCES endpoints (id),
    pipeline_id   INTEGER NOT NULL REFERENCES pipelines (id),
    listener_id   INTEGER NOT NULL REFERENCES listeners (id),
    image_pattern TEXT NOT NULL DEFAULT '',
    tag_pattern   TEXT NOT NULL DEFAULT '',
    repository    TEXT,                          -- the only one it can match; NULL: the pattern is a real expression
    verify_push   TEXT NOT NULL DEFAULT 'preferred', -- required | preferred | off
    input         TEXT NOT NULL DEFAULT '{}',    -- JSON
    refresh_token TEXT NOT NULL,                 -- "${var.x}", or '' when the hash below was given
    token_hash    TEXT NOT NULL DEFAULT '',      -- of the API token whose owner's rights a run has
    slug          TEXT NOT NULL DEFAULT '',
    version       INTEGER NOT NULL DEFAULT 1,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    created_by    TEXT NOT NULL DEFAULT '',
    updated_by    TEXT NOT NULL DEFAULT '',
    UNIQUE (project_id, name)
);
CREATE INDEX webhooks_by_endpoint ON webhooks (endpoint_id, repository);
CREATE INDEX webhooks_by_pipeline ON webhooks (pipeline_id);

-- ---- what happened

-- One raw POST. Identity: (listener, the sender's own key). The body goes after retention; the key stays.
CREATE TABLE deliveries (
    id          INTEGER PRIMARY KEY,
    uuid        TEXT NOT NULL UNIQUE,
    project_id  INTEGER NOT NULL REFERENCES projects (id),
    listener_id INTEGER NOT NULL REFERENCES listeners (id) ON DELETE CASCADE,
    sender_key  TEXT NOT NULL,
    format      TEXT NOT NULL,                   -- dockerhub | distribution | ... | '' when not decoded
    remote      TEXT NOT NULL,
    headers     TEXT,                            -- JSON, tokens redacted
    body        BLOB,
    verdict     TEXT NOT NULL,                   -- accepted | unauthorized | unreadable
    problem     TEXT NOT NULL DEFAULT '',        -- what was wrong, or read leniently
    events      TEXT NOT NULL DEFAULT '[]',      -- JSON: the pushes that hooks/ read from it
    state       INTEGER NOT NULL DEFAULT 0,      -- 0: to be matched, 1: done
    repeats     INTEGER NOT NULL DEFAULT 0,
    received_at INTEGER NOT NULL,
    UNIQUE (listener_id, sender_key)
);
CREATE INDEX deliveries_to_match ON deliveries (id) WHERE state = 0;
CREATE INDEX deliveries_with_body ON deliveries (received_at) WHERE body IS NOT NULL;

-- What happened at the registry, once, however many deliveries tell of it.
CREATE TABLE pushes (
    id           INTEGER PRIMARY KEY,            -- its order: "old never lands on new" compares it
    uuid         TEXT NOT NULL UNIQUE,
    project_id   INTEGER NOT NULL REFERENCES projects (id),
    endpoint_id  INTEGER NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    registry     TEXT NOT NULL,                  -- canonical host
    repository   TEXT NOT NULL,
    tag          TEXT NOT NULL,
    mark         TEXT NOT NULL,                  -- digest, or pushed_at where the sender names none
    generation   INTEGER NOT NULL DEFAULT 1,
    digest       TEXT NOT NULL DEFAULT '',       -- as the sender said or the registry answered
    actor        TEXT NOT NULL DEFAULT '',
    pushed_at    TEXT NOT NULL DEFAULT '',
    confirm      TEXT NOT NULL DEFAULT 'none',   -- none | asked | found | missing | unreachable
    confirm_text TEXT NOT NULL DEFAULT '',
    confirm_due  INTEGER,                        -- ask until then
    first_at     INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    UNIQUE (project_id, endpoint_id, registry, repository, tag, mark, generation)
);
CREATE INDEX pushes_to_confirm ON pushes (id) WHERE confirm = 'asked';

-- Code Stream's registry-event: one push seen by one trigger, and the decision with its reasons.
CREATE TABLE events (
    id           INTEGER PRIMARY KEY,
    uuid         TEXT NOT NULL UNIQUE,
    project_id   INTEGER NOT NULL REFERENCES projects (id),
    delivery_id  INTEGER REFERENCES deliveries (id) ON DELETE SET NULL,
    push_id      INTEGER REFERENCES pushes (id) ON DELETE SET NULL,
    webhook_id   INTEGER,                        -- NULL: no trigger took it
    webhook_name TEXT NOT NULL DEFAULT '',
    pipeline     TEXT NOT NULL DEFAULT '',
    status       TEXT NOT NULL,                  -- IGNORED | WAITING (for the registry) | an execution's status | FAILED
    message      TEXT NOT NULL DEFAULT '',
    trace        TEXT NOT NULL DEFAULT '[]',     -- JSON: every trigger considered, and why or why not
    registry     TEXT NOT NULL DEFAULT '',
    repository   TEXT NOT NULL DEFAULT '',
    tag          TEXT NOT NULL DEFAULT '',
    owner        TEXT NOT NULL DEFAULT '',
    execution_id INTEGER,
    attempt      INTEGER NOT NULL DEFAULT 1,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
);
CREATE INDEX events_by_project ON events (project_id, id);
CREATE INDEX events_by_webhook ON events (webhook_id, id);
CREATE INDEX events_by_status ON events (status, id);
CREATE INDEX events_by_repository ON events (repository, tag, id);
CREATE INDEX events_by_push ON events (push_id);
CREATE INDEX events_by_execution ON events (execution_id) WHERE execution_id IS NOT NULL;
CREATE INDEX events_by_delivery ON events (delivery_id);

CREATE TABLE executions (
    id             INTEGER PRIMARY KEY,
    uuid           TEXT NOT NULL UNIQUE,
    project_id     INTEGER NOT NULL REFERENCES projects (id),
    pipeline_id    INTEGER,                      -- NULL: its pipeline was deleted
    definition_id  INTEGER NOT NULL REFERENCES definitions (id),
    name           TEXT NOT NULL,                -- the pipeline's
    idx            INTEGER NOT NULL,             -- "#3"
    status         TEXT NOT NULL,
    status_message TEXT NOT NULL DEFAULT '',
    state          TEXT NOT NULL,                -- JSON of pipeline/engine.h, without tasks
    state_version  INTEGER NOT NULL,
    live           INTEGER NOT NULL,             -- 1: QUEUED or running; 0: finished
    input          TEXT NOT NULL DEFAULT '{}',
    outside        TEXT NOT NULL DEFAULT '[]',   -- names of inputs whose values came from outside
    output         TEXT NOT NULL DEFAULT '{}',
    comments       TEXT NOT NULL DEFAULT '',
    tags           TEXT NOT NULL DEFAULT '[]',
    executed_by    TEXT NOT NULL DEFAULT '',
    triggered_by   TEXT NOT NULL DEFAULT '',
    source         TEXT NOT NULL DEFAULT '',
    user_id        INTEGER,                      -- with whose rights it runs
    webhook_id     INTEGER,
    push_id        INTEGER,
    attempt        INTEGER,
    owner          TEXT NOT NULL DEFAULT '',     -- the node that leases it, and the lease's number
    lease_epoch    INTEGER NOT NULL DEFAULT 0,
    requested_at   INTEGER NOT NULL,
    started_at     INTEGER,
    ended_at       INTEGER,
    updated_at     INTEGER NOT NULL,
    UNIQUE (webhook_id, push_id, attempt)        -- one push, one run
);
CREATE INDEX executions_live ON executions (id) WHERE live = 1;
CREATE INDEX executions_running ON executions (pipeline_id) WHERE live = 1 AND status <> 'QUEUED';
CREATE INDEX executions_queued ON executions (pipeline_id, id) WHERE status = 'QUEUED';
CREATE INDEX executions_by_project ON executions (project_id, id);
CREATE UNIQUE INDEX executions_by_pipeline ON executions (pipeline_id, idx);
CREATE INDEX executions_by_status ON executions (status, id);
CREATE INDEX executions_by_name ON executions (name, id);
CREATE INDEX executions_by_executed_by ON executions (executed_by, id);
CREATE INDEX executions_by_end ON executions (ended_at) WHERE live = 0;
CREATE INDEX executions_by_push ON executions (push_id) WHERE push_id IS NOT NULL;

CREATE TABLE tasks (
    execution_id INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    idx          INTEGER NOT NULL,               -- its place in the compiled pipeline
    project_id   INTEGER NOT NULL,
    status       TEXT NOT NULL,
    state        TEXT NOT NULL,                  -- JSON of pipeline/engine.h: attempt, times, message, progress
    input        TEXT,                           -- JSON as it was resolved, secrets masked
    output       TEXT,                           -- JSON, secrets masked
    resolved     TEXT,                           -- JSON: what its effect resolved to, before it acted
    PRIMARY KEY (execution_id, idx)
);

-- Masked text in compressed chunks of at most 64 KB.
CREATE TABLE logs (
    id           INTEGER PRIMARY KEY,
    project_id   INTEGER NOT NULL,
    execution_id INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    task         INTEGER NOT NULL,
    size         INTEGER NOT NULL,               -- uncompressed
    chunk        BLOB NOT NULL,
    created_at   INTEGER NOT NULL
);
CREATE INDEX logs_by_task ON logs (execution_id, task, id);

-- ---- bookkeeping

-- Written in the same transaction as what it records.
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER,
    user_name  TEXT NOT NULL,
    action     TEXT NOT NULL,                    -- "webhook.update", "token.create", ...
    object     TEXT NOT NULL,                    -- uuid or name
    detail     TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
);
CREATE INDEX audit_by_project ON audit (project_id, id);

-- Answers to requests that carried an Idempotency-Key, so that a repeat gets the same one.
CREATE TABLE idempotency (
    user_id    INTEGER NOT NULL,
    key        TEXT NOT NULL,
    request    TEXT NOT NULL,                    -- SHA-256 of route and body: the same key for another request is refused
    status     INTEGER NOT NULL,
    answer     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- The change sequence: feeds live streams and invalidates caches. Pruned by age.
CREATE TABLE changes (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER,
    kind       TEXT NOT NULL,                    -- table's name
    object_id  INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);

-- Totals that lists show without counting.
CREATE TABLE totals (
    kind       TEXT NOT NULL,                    -- executions | events
    project_id INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (kind, project_id)
);
