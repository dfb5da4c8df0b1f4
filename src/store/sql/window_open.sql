-- It is open: what still waits, waits for a place. (The + keeps to the index of those that wait.)
UPDATE executions SET window_at = NULL, status_message = '', updated_at = $2 WHERE pipeline_id = $1 AND +status = 'QUEUED' AND window_at IS NOT NULL
RETURNING id, project_id;
