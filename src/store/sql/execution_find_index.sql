-- The #n of a pipeline.
SELECT id, project_id FROM executions WHERE pipeline_id = $1 AND idx = $2;
