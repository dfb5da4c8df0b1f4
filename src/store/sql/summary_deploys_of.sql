-- The same of one project, after $2.
SELECT id, ended_at FROM executions
WHERE project_id = $1 AND live = 0 AND attempt = 1 AND push_id IS NOT NULL AND ended_at > $2 ORDER BY ended_at DESC LIMIT $3;
