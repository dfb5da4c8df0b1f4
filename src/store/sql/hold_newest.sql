-- The newest push behind a hold that is newer than the one that failed.
SELECT id FROM events WHERE hold_id = $1 AND push_id > $2 ORDER BY push_id DESC, id DESC LIMIT 1;
