-- Enabled webhooks that watch nothing, by id.
SELECT w.id FROM webhooks w
WHERE w.id > $1 AND w.enabled = 1 AND w.sweep = 'on' AND NOT EXISTS (SELECT 1 FROM webhook_watches m WHERE m.webhook_id = w.id)
ORDER BY w.id LIMIT $2;
