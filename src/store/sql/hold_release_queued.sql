UPDATE executions SET hold_id = NULL, status_message = '', updated_at = $2 WHERE hold_id = $1 AND status = 'QUEUED' RETURNING id, project_id;
