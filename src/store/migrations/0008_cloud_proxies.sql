-- Cloud Proxies: names that endpoints are reached through, and the processes that serve them.
CREATE TABLE cloud_proxies (
    id          INTEGER PRIMARY KEY,
    uuid        TEXT NOT NULL UNIQUE,
    project_id  INTEGER REFERENCES projects (id), -- NULL: of all projects
    name        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    created_by  TEXT NOT NULL DEFAULT '',
    updated_by  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX cloud_proxies_by_project ON cloud_proxies (project_id);

-- One process with a key pair of its own. A revoked one stays, so that people see what was.
CREATE TABLE cloud_proxy_instances (
    id             INTEGER PRIMARY KEY,
    uuid           TEXT NOT NULL UNIQUE,
    proxy_id       INTEGER NOT NULL REFERENCES cloud_proxies (id) ON DELETE CASCADE,
    public_key     TEXT NOT NULL,                 -- base64 of 32 bytes (Ed25519)
    next_key       TEXT NOT NULL DEFAULT '',      -- takes its place when it is first used
    host           TEXT NOT NULL DEFAULT '',
    client_version TEXT NOT NULL DEFAULT '',
    address        TEXT NOT NULL DEFAULT '',      -- where its last link came from
    enrolled_at    INTEGER NOT NULL,
    enrolled_by    TEXT NOT NULL DEFAULT '',      -- who made its token
    key_changed_at INTEGER NOT NULL,
    last_seen      INTEGER NOT NULL DEFAULT 0,    -- 0: never
    revoked_at     INTEGER NOT NULL DEFAULT 0,
    revoked_by     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX cloud_proxy_instances_by_proxy ON cloud_proxy_instances (proxy_id);

-- Tokens by which an instance enrols, each once.
CREATE TABLE cloud_proxy_tokens (
    id          INTEGER PRIMARY KEY,
    proxy_id    INTEGER NOT NULL REFERENCES cloud_proxies (id) ON DELETE CASCADE,
    hash        TEXT NOT NULL UNIQUE,
    created_by  TEXT NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    used_at     INTEGER NOT NULL DEFAULT 0,
    instance_id INTEGER REFERENCES cloud_proxy_instances (id) ON DELETE CASCADE
);
CREATE INDEX cloud_proxy_tokens_by_proxy ON cloud_proxy_tokens (proxy_id);
CREATE INDEX cloud_proxy_tokens_by_instance ON cloud_proxy_tokens (instance_id);

-- How far webhooks of an instance's journal are stored: what it tells again is known by its number.
CREATE TABLE cloud_proxy_journals (
    instance_id INTEGER NOT NULL REFERENCES cloud_proxy_instances (id) ON DELETE CASCADE,
    journal     TEXT NOT NULL,
    number      INTEGER NOT NULL,
    PRIMARY KEY (instance_id, journal)
);

ALTER TABLE endpoints ADD COLUMN cloud_proxy_id INTEGER REFERENCES cloud_proxies (id);
CREATE INDEX endpoints_by_cloud_proxy ON endpoints (cloud_proxy_id) WHERE cloud_proxy_id IS NOT NULL;
