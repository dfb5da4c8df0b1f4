-- What runs where: each container that a Kubernetes task put on a cluster, what brought it, and what was there before. What it refers
-- to by uuid may be deleted: then only the link is gone.
CREATE TABLE deployments (
    id             INTEGER PRIMARY KEY,
    uuid           TEXT NOT NULL UNIQUE,
    project_id     INTEGER NOT NULL REFERENCES projects (id),
    endpoint_id    INTEGER NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE, -- the cluster
    namespace      TEXT NOT NULL,
    kind           TEXT NOT NULL,
    name           TEXT NOT NULL,
    container      TEXT NOT NULL,
    init           INTEGER NOT NULL DEFAULT 0,
    image          TEXT NOT NULL,                -- as the pipeline named it
    digest         TEXT NOT NULL,                -- '' when it is not pinned
    status         TEXT NOT NULL DEFAULT 'APPLIED', -- APPLIED | ROLLED_OUT | FAILED
    message        TEXT NOT NULL DEFAULT '',
    since          INTEGER NOT NULL,             -- when this image was put there
    updated_at     INTEGER NOT NULL,
    task           TEXT NOT NULL DEFAULT '',     -- "Stage.Task"
    execution      TEXT NOT NULL DEFAULT '',     -- uuid
    execution_name TEXT NOT NULL DEFAULT '',
    execution_idx  INTEGER NOT NULL DEFAULT 0,
    webhook        TEXT NOT NULL DEFAULT '',     -- uuid; '' when no push brought it
    webhook_name   TEXT NOT NULL DEFAULT '',
    event          TEXT NOT NULL DEFAULT '',     -- uuid
    previous_image          TEXT NOT NULL DEFAULT '', -- '' when this is the first
    previous_digest         TEXT NOT NULL DEFAULT '',
    previous_since          INTEGER,
    previous_execution      TEXT NOT NULL DEFAULT '',
    previous_execution_name TEXT NOT NULL DEFAULT '',
    previous_execution_idx  INTEGER NOT NULL DEFAULT 0,
    object_uid     TEXT NOT NULL DEFAULT '',     -- the object as the cluster had it after the change: an older one changes nothing
    object_made    TEXT NOT NULL DEFAULT '',
    generation     INTEGER NOT NULL DEFAULT 0,
    put_at         INTEGER NOT NULL,             -- when it was last put there, this image or the same again
    UNIQUE (endpoint_id, namespace, kind, name, container)
);
CREATE INDEX deployments_by_time ON deployments (since, id);
CREATE INDEX deployments_by_project ON deployments (project_id, since, id);
CREATE INDEX deployments_by_image ON deployments (image);
CREATE INDEX deployments_ended ON deployments (updated_at) WHERE kind = 'Job';
