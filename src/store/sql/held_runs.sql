-- How many runs a webhook started in a time, counted to $4.
SELECT COUNT(*) FROM (SELECT 1 FROM executions WHERE webhook_id = $1 AND requested_at > $2 AND requested_at <= $3 AND attempt = 1 LIMIT $4) counted;
