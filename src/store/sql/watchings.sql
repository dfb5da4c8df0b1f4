-- Who watches this.
SELECT m.webhook_id, m.watch_id, m.since, m.baseline_at, m.patterns, w.tag_pattern, w.image_pattern
FROM webhook_watches m JOIN webhooks w ON w.id = m.webhook_id
WHERE m.watch_id = $1 ORDER BY m.webhook_id;
