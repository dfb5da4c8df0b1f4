-- Tokens that webhooks hold, with the columns of lent_token.
SELECT t.uuid, t.name, u.name, COALESCE(t.expires_at, 0), t.revoked_at, u.disabled, t.hash
FROM tokens t JOIN users u ON u.id = t.user_id
WHERE EXISTS (SELECT 1 FROM webhooks w WHERE w.token_hash = t.hash AND w.token_hash <> '') ORDER BY t.id LIMIT 1000;
