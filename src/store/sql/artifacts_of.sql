-- Those that are whole.
SELECT id, stage_name, task_name, number, path, folder, size FROM artifacts WHERE execution_id = $1 AND size >= 0 ORDER BY task, number;
