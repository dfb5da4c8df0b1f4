-- Events of a webhook that wait, for its limit or behind a hold, each counted to $2.
SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE webhook_id = $1 AND held_until IS NOT NULL LIMIT $2) l)
     + (SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE webhook_id = $1 AND hold_id IS NOT NULL LIMIT $2) h);
