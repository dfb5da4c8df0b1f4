SELECT tag, digest FROM watched_tags WHERE watch_id = $1 ORDER BY tag;
