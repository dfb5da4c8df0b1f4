-- The same of those that need not wait for a change window.
SELECT id FROM executions WHERE pipeline_id = $1 AND status = 'QUEUED' AND window_free = 1 AND hold_id IS NULL ORDER BY id LIMIT $2;
