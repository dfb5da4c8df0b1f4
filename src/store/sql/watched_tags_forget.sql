DELETE FROM watched_tags WHERE watch_id = $1;
