-- CI tasks run on clusters too: what they left is found in a namespace.
CREATE TABLE workspaces_of_places (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL,
    execution  TEXT NOT NULL,                     -- uuid
    endpoint   TEXT NOT NULL,                     -- name
    namespace  TEXT NOT NULL DEFAULT '',          -- of a cluster; '': the endpoint's own
    tries      INTEGER NOT NULL DEFAULT 0,
    due_at     INTEGER NOT NULL DEFAULT 0,        -- not before; after a failure later
    created_at INTEGER NOT NULL,
    UNIQUE (execution, endpoint, namespace)
);
INSERT INTO workspaces_of_places (id, project_id, execution, endpoint, tries, due_at, created_at)
    SELECT id, project_id, execution, endpoint, tries, due_at, created_at FROM workspaces;
DROP TABLE workspaces;
ALTER TABLE workspaces_of_places RENAME TO workspaces;
