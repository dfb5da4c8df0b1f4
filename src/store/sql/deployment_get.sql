-- One container, with what of all that brought it is still there.
SELECT x.id, x.uuid, x.project_id, j.name, e.name, x.namespace, x.kind, x.name, x.container, x.init, x.image, x.digest, x.status, x.message,
       x.since, x.updated_at, x.task, x.execution_name, x.execution_idx, q.uuid, x.webhook_name, w.uuid, v.uuid,
       x.previous_image, x.previous_digest, x.previous_since, x.previous_execution_name, x.previous_execution_idx, o.uuid
FROM deployments x
JOIN projects j ON j.id = x.project_id
JOIN endpoints e ON e.id = x.endpoint_id
LEFT JOIN executions q ON q.uuid = x.execution
LEFT JOIN webhooks w ON w.uuid = x.webhook
LEFT JOIN events v ON v.uuid = x.event
LEFT JOIN executions o ON o.uuid = x.previous_execution
WHERE x.id = $1;
