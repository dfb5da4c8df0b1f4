-- Nothing happens when the name is taken.
INSERT INTO freezes (uuid, project_id, name, description, begins_at, ends_at, time_zone, pipelines, tags, created_at, updated_at, created_by, updated_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $11)
ON CONFLICT (project_id, name) DO NOTHING;
