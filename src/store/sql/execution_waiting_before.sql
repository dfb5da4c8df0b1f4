-- What gives way to a newer execution of its pipeline.
SELECT id FROM executions WHERE pipeline_id = $1 AND status = 'QUEUED' AND id < $2 AND parent_id IS NULL ORDER BY id LIMIT 100;
