-- Somebody lets it begin at any time.
UPDATE executions SET window_free = 1, window_at = NULL, status_message = '', updated_at = $2 WHERE id = $1 AND status = 'QUEUED' AND window_at IS NOT NULL
RETURNING id, project_id;
