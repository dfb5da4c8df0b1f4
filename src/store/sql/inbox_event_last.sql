-- The newest attempt of one push by one trigger.
SELECT COALESCE(MAX(attempt), 0) FROM events WHERE push_id = $1 AND webhook_id = $2;
