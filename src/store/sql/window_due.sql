-- Pipelines whose queued executions are to be judged again.
SELECT DISTINCT pipeline_id FROM executions WHERE window_at <= $1 AND pipeline_id IS NOT NULL;
