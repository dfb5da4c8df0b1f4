-- The oldest waiting executions of a pipeline.
SELECT id FROM executions WHERE pipeline_id = $1 AND status = 'QUEUED' AND hold_id IS NULL ORDER BY id LIMIT $2;
