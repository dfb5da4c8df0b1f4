-- Finished executions of long ago; tasks and logs go with them.
DELETE FROM executions WHERE id IN (SELECT id FROM executions WHERE live = 0 AND ended_at < $1 ORDER BY ended_at LIMIT $2)
RETURNING project_id;
