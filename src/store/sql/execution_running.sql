-- How many executions of a pipeline hold one of its places. At most its concurrency: 50.
SELECT COUNT(*) FROM executions WHERE pipeline_id = $1 AND live = 1 AND status <> 'QUEUED';
