-- The newest runs of a pipeline, as its index has them.
SELECT uuid, idx, status, requested_at, started_at, ended_at FROM executions WHERE pipeline_id = $1 ORDER BY idx DESC LIMIT $2;
