-- A token with its owner, by its hash.
SELECT t.uuid, t.name, u.name, COALESCE(t.expires_at, 0), t.revoked_at, u.disabled, t.hash
FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = $1;
