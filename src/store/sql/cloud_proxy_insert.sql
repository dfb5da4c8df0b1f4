-- Nothing happens when the name is taken.
INSERT INTO cloud_proxies (uuid, project_id, name, description, created_at, updated_at, created_by, updated_by)
VALUES ($1, $2, $3, $4, $5, $5, $6, $6)
ON CONFLICT (name) DO NOTHING;
