-- Nothing happens when the name is taken.
INSERT INTO projects (uuid, name, description, created_at, updated_at, created_by, updated_by) VALUES ($1, $2, $3, $4, $4, $5, $5)
ON CONFLICT (name) DO NOTHING;
