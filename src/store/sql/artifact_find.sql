SELECT id, path, folder, size FROM artifacts WHERE execution_id = $1 AND stage_name = $2 AND task_name = $3 AND number = $4 AND size >= 0;
