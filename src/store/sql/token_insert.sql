INSERT INTO tokens (uuid, user_id, name, hash, org_role, service_role, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
