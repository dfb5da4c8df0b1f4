-- The keys by which hosts are known, pinned when a task first reached them.
CREATE TABLE ssh_hosts (
    id             INTEGER PRIMARY KEY,
    uuid           TEXT NOT NULL UNIQUE,
    project_id     INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    cloud_proxy    TEXT NOT NULL DEFAULT '',  -- id of the one that leads there; '': none. The same name is another host behind it
    host           TEXT NOT NULL,
    port           INTEGER NOT NULL,
    type           TEXT NOT NULL,             -- "ssh-ed25519"
    fingerprint    TEXT NOT NULL,             -- "SHA256:..."
    created_at     INTEGER NOT NULL,
    UNIQUE (project_id, cloud_proxy, host, port)
);
