-- Whether a trigger took a push: what it ignored it did not.
SELECT 1 FROM events WHERE push_id = $1 AND webhook_id = $2 AND status <> 'IGNORED' LIMIT 1;
