-- Nothing happens when the name is taken.
INSERT INTO endpoints (uuid, project_id, name, type, description, properties, restricted, created_at, updated_at, created_by, updated_by, cloud_proxy_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $9, (SELECT id FROM cloud_proxies WHERE uuid = $10))
ON CONFLICT (project_id, name) DO NOTHING;
