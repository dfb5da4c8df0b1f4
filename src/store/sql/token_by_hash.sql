-- An API token that is alive: not revoked, not expired, its owner not disabled.
SELECT t.id, t.uuid, t.user_id, u.name FROM tokens t JOIN users u ON u.id = t.user_id
WHERE t.hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) AND u.disabled = 0;
