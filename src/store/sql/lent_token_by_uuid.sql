-- A token with its owner, with the columns of lent_token.
SELECT t.uuid, t.name, u.name, COALESCE(t.expires_at, 0), t.revoked_at, u.disabled, t.hash
FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.uuid = $1;
