INSERT INTO listeners (uuid, project_id, endpoint_id, token, token_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6);
