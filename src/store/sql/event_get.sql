-- One registry event with its execution.
SELECT v.id, v.uuid, v.project_id, j.name, v.webhook_name, v.pipeline, v.status, v.message, v.trace, v.registry, v.repository, v.tag, v.owner,
       v.attempt, v.created_at, v.updated_at, x.uuid, x.idx, x.status, u.digest, u.pushed_at, u.uuid, d.uuid, u.confirm, u.confirm_text, u.found_by, v.held_until, y.uuid, y.name, y.idx, v.hold_id
FROM events v
JOIN projects j ON j.id = v.project_id
LEFT JOIN executions x ON x.id = v.execution_id
LEFT JOIN pushes u ON u.id = v.push_id
LEFT JOIN executions y ON y.id = u.execution_id
LEFT JOIN deliveries d ON d.id = v.delivery_id
WHERE v.id = $1;
