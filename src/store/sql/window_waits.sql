-- What those that wait already wait for: the same for all of them.
SELECT window_at, status_message FROM executions WHERE pipeline_id = $1 AND window_at IS NOT NULL LIMIT 1;
