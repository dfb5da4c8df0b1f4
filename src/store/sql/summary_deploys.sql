-- The last runs that pushes started, of everybody, as the index has them.
SELECT id, ended_at FROM executions WHERE live = 0 AND attempt = 1 AND push_id IS NOT NULL AND ended_at > 0 ORDER BY ended_at DESC LIMIT $1;
