-- Nothing happens when the name is taken.
INSERT INTO users (uuid, name, email, kind, org_role, service_role, password, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
ON CONFLICT (name) DO NOTHING;
