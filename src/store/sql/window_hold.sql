-- All queued executions of a pipeline wait for its window: it is another than before.
UPDATE executions SET window_at = $2, status_message = $3, updated_at = $4
WHERE pipeline_id = $1 AND status = 'QUEUED' AND window_free = 0
RETURNING id, project_id;
