-- A slice of those older than $1.
DELETE FROM idempotency WHERE (user_id, key) IN (SELECT user_id, key FROM idempotency WHERE created_at < $1 ORDER BY created_at LIMIT 100);
