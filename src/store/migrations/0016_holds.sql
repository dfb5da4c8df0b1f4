-- What a run put on a cluster, object by object, of pipelines that put back what was verified last. execution_id: of a run whose verification is not over;
-- NULL: the run completed, so this is what is put back when a later one fails.
CREATE TABLE kept_objects (
    id           INTEGER PRIMARY KEY,
    uuid         TEXT NOT NULL UNIQUE,
    project_id   INTEGER NOT NULL,
    pipeline_id  INTEGER NOT NULL REFERENCES pipelines (id) ON DELETE CASCADE,
    endpoint_id  INTEGER NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE, -- the cluster,
    cluster      TEXT NOT NULL,                    -- and its address then
    execution_id INTEGER REFERENCES executions (id) ON DELETE CASCADE,
    task         INTEGER NOT NULL,                 -- the place of its task
    namespace    TEXT NOT NULL,
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL,
    run          TEXT NOT NULL,                    -- uuid of the execution that put it there
    run_name     TEXT NOT NULL,                    -- "deploy#12"
    images       TEXT NOT NULL DEFAULT '',         -- for people
    forced       INTEGER NOT NULL DEFAULT 0,       -- it may take fields from other managers
    content      TEXT NOT NULL,                    -- sealed JSON: the object as it was sent
    put_at       INTEGER NOT NULL
);
CREATE UNIQUE INDEX kept_verified ON kept_objects (pipeline_id, endpoint_id, namespace, kind, name) WHERE execution_id IS NULL;
CREATE UNIQUE INDEX kept_by_execution ON kept_objects (execution_id, task, namespace, kind, name) WHERE execution_id IS NOT NULL;
CREATE INDEX kept_by_place ON kept_objects (endpoint_id, namespace, kind, name);

-- A webhook starts nothing by itself for a repository whose last deployment failed its verification.
CREATE TABLE holds (
    id          INTEGER PRIMARY KEY,
    project_id  INTEGER NOT NULL,
    webhook_id  INTEGER NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    registry    TEXT NOT NULL,
    repository  TEXT NOT NULL,
    tag         TEXT NOT NULL,                     -- of the push that failed
    digest      TEXT NOT NULL,
    push_id     INTEGER NOT NULL,                  -- its order; a push that is not older and passes ends the hold
    execution   TEXT NOT NULL,                     -- uuid of the run that failed
    name        TEXT NOT NULL,                     -- its pipeline's,
    idx         INTEGER NOT NULL,                  -- and its number
    reason      TEXT NOT NULL,                     -- what failed
    outcome     TEXT NOT NULL DEFAULT '',          -- what became of it: "Restored acme/web:1.0 of deploy#12"; '' while it is put back
    since       INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    UNIQUE (webhook_id, registry, repository)
);
ALTER TABLE webhooks ADD COLUMN when_held TEXT NOT NULL DEFAULT 'wait';  -- wait | tryNewest

-- Behind which hold an event waits, and an execution that had no place when it began.
ALTER TABLE events ADD COLUMN hold_id INTEGER;
ALTER TABLE executions ADD COLUMN hold_id INTEGER;
CREATE INDEX events_behind ON events (hold_id, id) WHERE hold_id IS NOT NULL;
CREATE INDEX events_behind_by_project ON events (project_id) WHERE hold_id IS NOT NULL;
CREATE INDEX executions_behind ON executions (hold_id) WHERE hold_id IS NOT NULL;
