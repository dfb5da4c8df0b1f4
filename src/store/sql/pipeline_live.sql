-- Executions of a pipeline that are not finished.
SELECT COUNT(*) FROM executions WHERE pipeline_id = $1 AND live = 1;
