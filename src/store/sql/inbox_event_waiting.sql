-- Events that wait for the registry's answer about a push.
SELECT id, webhook_id, attempt FROM events WHERE push_id = $1 AND status = 'WAITING' ORDER BY id;
