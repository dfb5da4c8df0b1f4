INSERT INTO access_tokens (hash, user_id, token_id, expires_at) VALUES ($1, $2, $3, $4);
