-- Finished executions of long ago; tasks and logs go with them. Those whose files are not gone yet wait for that.
DELETE FROM executions WHERE id IN (SELECT id FROM executions x WHERE live = 0 AND ended_at < $1
AND NOT EXISTS (SELECT 1 FROM artifacts a JOIN artifact_chunks c ON c.artifact_id = a.id WHERE a.execution_id = x.id) ORDER BY ended_at LIMIT $2)
RETURNING project_id;
