-- What the sweep watches for a webhook, and when all of it was last seen.
SELECT w.repository, COALESCE(w.checked_at, 0), w.message FROM webhook_watches x JOIN watches w ON w.id = x.watch_id
WHERE x.webhook_id = $1 ORDER BY w.id LIMIT 20;
