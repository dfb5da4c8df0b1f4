-- When runs may begin: a project's change windows (JSON, as pipeline/windows.h has them; a pipeline's own stand in its definition), and freezes.
ALTER TABLE projects ADD COLUMN windows TEXT NOT NULL DEFAULT '[]';

CREATE TABLE freezes (
    id          INTEGER PRIMARY KEY,
    uuid        TEXT NOT NULL UNIQUE,
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,                  -- the reason that people read: "Christmas"
    description TEXT NOT NULL DEFAULT '',
    begins_at   INTEGER NOT NULL,
    ends_at     INTEGER NOT NULL,
    time_zone   TEXT NOT NULL,                  -- in which both are told
    pipelines   TEXT NOT NULL DEFAULT '[]',     -- JSON: names; of these, and those with one of the tags. Both empty: all of the project
    tags        TEXT NOT NULL DEFAULT '[]',
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    created_by  TEXT NOT NULL DEFAULT '',
    updated_by  TEXT NOT NULL DEFAULT '',
    UNIQUE (project_id, name)
);
CREATE INDEX freezes_by_end ON freezes (project_id, ends_at);

-- A QUEUED execution that waits for its window: when that is judged again; NULL: it does not. window_free: an administrator let it begin at any time.
ALTER TABLE executions ADD COLUMN window_at INTEGER;
ALTER TABLE executions ADD COLUMN window_free INTEGER NOT NULL DEFAULT 0;
CREATE INDEX executions_by_window ON executions (pipeline_id, window_at) WHERE window_at IS NOT NULL;
CREATE INDEX executions_unjudged ON executions (pipeline_id) WHERE status = 'QUEUED' AND window_at IS NULL;
CREATE INDEX executions_let_go ON executions (pipeline_id, id) WHERE status = 'QUEUED' AND window_free = 1;
