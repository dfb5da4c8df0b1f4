UPDATE executions SET status_message = $2, updated_at = $3 WHERE hold_id = $1 AND status = 'QUEUED' AND status_message <> $2 RETURNING id, project_id;
