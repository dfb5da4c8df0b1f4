-- The first webhooks that hold a token.
SELECT name FROM webhooks WHERE token_hash = $1 AND token_hash <> '' ORDER BY id LIMIT 10;
