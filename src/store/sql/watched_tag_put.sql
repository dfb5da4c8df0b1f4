INSERT INTO watched_tags (watch_id, tag, digest, seen_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (watch_id, tag) DO UPDATE SET digest = $3, seen_at = $4;
