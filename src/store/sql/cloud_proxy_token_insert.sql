INSERT INTO cloud_proxy_tokens (proxy_id, hash, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5);
