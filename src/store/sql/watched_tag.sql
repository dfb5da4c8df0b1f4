SELECT digest, seen_at FROM watched_tags WHERE watch_id = $1 AND tag = $2;
