-- A newer one takes the place of the one before.
INSERT INTO invitations (user_id, hash, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at;
