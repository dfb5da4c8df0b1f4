-- What the pushes of a run started: by the tag's index, of each tag that it told of.
SELECT u.registry, u.repository, u.tag, x.uuid, x.name, x.idx, x.status
FROM run_pushes r
JOIN pushes u ON u.repository = r.repository AND u.tag = r.tag AND u.registry = r.registry AND u.execution_id = r.execution_id
JOIN executions x ON x.push_id = u.id
WHERE r.execution_id = $1
ORDER BY x.id LIMIT 200;
