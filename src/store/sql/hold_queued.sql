-- Executions that a push started, and that have no place yet.
UPDATE executions SET hold_id = $1, updated_at = $5
WHERE webhook_id = $2 AND status = 'QUEUED' AND attempt = 1
AND EXISTS (SELECT 1 FROM pushes p WHERE p.id = executions.push_id AND p.registry = $3 AND p.repository = $4);
