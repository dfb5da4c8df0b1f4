-- A watch that nobody watches any more.
DELETE FROM watches WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM webhook_watches WHERE watch_id = $1);
