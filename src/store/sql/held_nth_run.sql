-- When a webhook started its runs of a time, the newest at $4 = 0. What people ran again does not count.
SELECT requested_at FROM executions WHERE webhook_id = $1 AND requested_at > $2 AND requested_at <= $3 AND attempt = 1
ORDER BY requested_at DESC LIMIT 1 OFFSET $4;
