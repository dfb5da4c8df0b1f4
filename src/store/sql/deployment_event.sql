-- The push that started an execution: its webhook and its event.
SELECT COALESCE(w.uuid, ''), COALESCE(v.webhook_name, w.name, ''), COALESCE(v.uuid, '')
FROM executions x LEFT JOIN webhooks w ON w.id = x.webhook_id LEFT JOIN events v ON v.execution_id = x.id
WHERE x.id = $1 AND x.push_id IS NOT NULL ORDER BY v.id LIMIT 1;
