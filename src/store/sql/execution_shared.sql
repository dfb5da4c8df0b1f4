SELECT 1 FROM executions e JOIN pipelines p ON p.id = e.pipeline_id WHERE e.id = $1 AND e.user_id = $2 AND p.global = 1;
