-- Where CI tasks ran: what they left on an engine (containers, a volume) is removed when the run is over, also when this
-- server was killed meanwhile. Not tied to the execution's row: that may be deleted first.
CREATE TABLE workspaces (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL,
    execution  TEXT NOT NULL,                     -- uuid
    endpoint   TEXT NOT NULL,                     -- name
    tries      INTEGER NOT NULL DEFAULT 0,
    due_at     INTEGER NOT NULL DEFAULT 0,        -- not before; after a failure later
    created_at INTEGER NOT NULL,
    UNIQUE (execution, endpoint)
);

-- Files that tasks keep with their run.
CREATE TABLE artifacts (
    id           INTEGER PRIMARY KEY,
    project_id   INTEGER NOT NULL,
    execution_id INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    task         INTEGER NOT NULL,                -- its number, as logs have it
    stage_name   TEXT NOT NULL,
    task_name    TEXT NOT NULL,
    number       INTEGER NOT NULL,                -- of the task's: 0, 1, ...
    path         TEXT NOT NULL,
    folder       INTEGER NOT NULL,                -- 1: a tar archive of one
    size         INTEGER NOT NULL DEFAULT -1,     -- uncompressed; -1: not whole yet
    created_at   INTEGER NOT NULL,
    UNIQUE (execution_id, task, number)
);
CREATE TABLE artifact_chunks (
    id          INTEGER PRIMARY KEY,
    artifact_id INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
    size        INTEGER NOT NULL,                 -- uncompressed
    chunk       BLOB NOT NULL
);
CREATE INDEX artifact_chunks_by_artifact ON artifact_chunks (artifact_id, id);

-- How far a log is stored that can be read again where it came from.
ALTER TABLE logs ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE logs ADD COLUMN position INTEGER NOT NULL DEFAULT 0;

-- Task types that people write: code, and what goes in and comes out. A draft, and the versions that were made of it.
CREATE TABLE custom_integrations (
    id          INTEGER PRIMARY KEY,
    uuid        TEXT NOT NULL UNIQUE,
    project_id  INTEGER NOT NULL REFERENCES projects (id),
    parent_id   INTEGER REFERENCES custom_integrations (id) ON DELETE CASCADE, -- of a version: its draft
    name        TEXT NOT NULL,
    release     TEXT NOT NULL DEFAULT '',         -- "v1"; "": the draft
    status      TEXT NOT NULL DEFAULT 'NONE',     -- NONE | RELEASED | DEPRECATED
    latest      INTEGER NOT NULL DEFAULT 0,
    change_log  TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL DEFAULT '',
    yaml        TEXT NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    created_by  TEXT NOT NULL DEFAULT '',
    updated_by  TEXT NOT NULL DEFAULT '',
    UNIQUE (project_id, name, release)
);
CREATE INDEX custom_integrations_by_parent ON custom_integrations (parent_id) WHERE parent_id IS NOT NULL;
