-- The oldest waiting executions of a pipeline.
SELECT id FROM executions WHERE pipeline_id = $1 AND status = 'QUEUED' ORDER BY id LIMIT $2;
