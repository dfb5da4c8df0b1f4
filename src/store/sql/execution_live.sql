-- What was running when the process ended.
SELECT id FROM executions WHERE live = 1 AND status <> 'QUEUED' ORDER BY id;
