SELECT 1 FROM executions x JOIN pushes p ON p.id = x.push_id
WHERE x.webhook_id = $1 AND x.push_id > $2 AND x.status = 'COMPLETED' AND p.registry = $3 AND p.repository = $4 LIMIT 1;
