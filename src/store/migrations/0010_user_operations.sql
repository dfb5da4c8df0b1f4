-- What a run asks of people: an approval. The same attempt of a task asks once.
CREATE TABLE user_operations (
    id           INTEGER PRIMARY KEY,
    uuid         TEXT NOT NULL UNIQUE,
    project_id   INTEGER NOT NULL REFERENCES projects (id),
    execution_id INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    slot         INTEGER NOT NULL,               -- the place of its task, from 1
    attempt      INTEGER NOT NULL,
    pipeline_id  INTEGER,                        -- NULL: its pipeline was deleted
    name         TEXT NOT NULL,                  -- the pipeline's
    task         TEXT NOT NULL,                  -- "Stage.Task"
    idx          TEXT NOT NULL,                  -- six hexadecimal digits, for people to name it by
    summary      TEXT NOT NULL DEFAULT '',
    description  TEXT NOT NULL DEFAULT '',
    approvers    TEXT NOT NULL DEFAULT '[]',     -- JSON: names and e-mail addresses
    group_names  TEXT NOT NULL DEFAULT '[]',     -- JSON
    bound        TEXT NOT NULL DEFAULT '{}',     -- JSON: what is approved: image, digest
    status       TEXT NOT NULL,                  -- ACTIVE | APPROVED | REJECTED | CANCELED | EXPIRED
    requested_by TEXT NOT NULL DEFAULT '',
    responded_by TEXT NOT NULL DEFAULT '',
    email        TEXT NOT NULL DEFAULT '',       -- of who responded
    roles        TEXT NOT NULL DEFAULT '',       -- of who responded, then
    response     TEXT NOT NULL DEFAULT '',
    expires_at   INTEGER NOT NULL,
    responded_at INTEGER,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    UNIQUE (execution_id, slot, attempt)
);
CREATE INDEX user_operations_by_project ON user_operations (project_id, id);
CREATE INDEX user_operations_by_status ON user_operations (status, id);
CREATE INDEX user_operations_pending ON user_operations (pipeline_id, task) WHERE status = 'ACTIVE';

-- Groups that approvals may name: a JSON array of texts.
ALTER TABLE users ADD COLUMN group_names TEXT NOT NULL DEFAULT '[]';
