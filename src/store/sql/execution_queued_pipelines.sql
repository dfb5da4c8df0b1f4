SELECT DISTINCT pipeline_id FROM executions WHERE status = 'QUEUED';
