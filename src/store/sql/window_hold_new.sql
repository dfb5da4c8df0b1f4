-- The same of those that are new; a freeze may last, and thousands wait.
UPDATE executions SET window_at = $2, status_message = $3, updated_at = $4
WHERE pipeline_id = $1 AND status = 'QUEUED' AND window_at IS NULL AND window_free = 0
RETURNING id, project_id;
