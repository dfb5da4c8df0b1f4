-- How many executions of a pipeline run, or wait for a place.
SELECT COUNT(*) FROM executions WHERE pipeline_id = $1 AND live = 1;
