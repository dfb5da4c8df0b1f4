-- What waits behind a hold, events and executions, each counted to $2.
SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE hold_id = $1 LIMIT $2) e)
     + (SELECT COUNT(*) FROM (SELECT 1 FROM executions WHERE hold_id = $1 AND status = 'QUEUED' LIMIT $2) x);
