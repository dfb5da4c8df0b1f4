SELECT COALESCE(parent_id, 0), COALESCE(pipeline_id, 0), name FROM executions WHERE id = $1;
