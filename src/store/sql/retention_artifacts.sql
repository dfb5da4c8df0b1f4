-- Pieces of files that finished executions of long ago kept: they go before the executions do, for they are many bytes.
DELETE FROM artifact_chunks WHERE id IN (SELECT c.id FROM artifact_chunks c JOIN artifacts a ON a.id = c.artifact_id JOIN executions x ON x.id = a.execution_id
WHERE x.live = 0 AND x.ended_at < $1 LIMIT $2)
RETURNING 0;
