-- Nothing happens when the name is taken.
INSERT INTO custom_integrations (uuid, project_id, parent_id, name, release, change_log, description, yaml, created_at, updated_at, created_by, updated_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $10)
ON CONFLICT (project_id, name, release) DO NOTHING;
