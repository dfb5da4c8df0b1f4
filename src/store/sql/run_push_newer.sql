-- The run that a newer push of the same webhook started, and that put its image under this tag.
SELECT x.name, x.idx
FROM executions m
JOIN run_pushes r ON r.repository = $3 AND r.tag = $4 AND r.registry = $2 AND r.project_id = m.project_id
JOIN executions x ON x.id = r.execution_id AND x.webhook_id = m.webhook_id AND x.push_id > m.push_id
WHERE m.id = $1
ORDER BY x.push_id DESC LIMIT 1;
