INSERT INTO webhook_watches (webhook_id, watch_id, patterns, since) VALUES ($1, $2, $3, $4)
ON CONFLICT (webhook_id) DO UPDATE SET watch_id = $2, patterns = $3, since = $4, baseline_at = NULL;
