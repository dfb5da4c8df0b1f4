-- Its queued executions wait for their window, as far as that is news.
UPDATE executions SET window_at = $2, status_message = $3, updated_at = $4
WHERE pipeline_id = $1 AND status = 'QUEUED' AND window_free = 0 AND (window_at IS DISTINCT FROM $2 OR status_message <> $3)
RETURNING id, project_id;
