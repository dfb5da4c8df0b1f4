-- Whether a trigger has seen this push already.
SELECT id FROM events WHERE push_id = $1 AND webhook_id = $2 LIMIT 1;
