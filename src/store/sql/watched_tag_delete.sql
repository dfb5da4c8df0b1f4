DELETE FROM watched_tags WHERE watch_id = $1 AND tag = $2;
