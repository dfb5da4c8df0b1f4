-- The same of one that runs: what of it waits for the window goes on.
UPDATE executions SET window_free = 1 WHERE id = $1 AND live = 1 AND status <> 'QUEUED' AND window_free = 0
RETURNING id, project_id;
