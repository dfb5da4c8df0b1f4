-- A run, the push that started it, and the run that made that push.
SELECT x.pipeline_id, x.webhook_id, x.name, x.idx, u.repository, u.tag, u.execution_id
FROM executions x LEFT JOIN pushes u ON u.id = x.push_id WHERE x.id = $1;
