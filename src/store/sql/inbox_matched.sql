-- This delivery was matched: what came of it stands in events.
UPDATE deliveries SET state = 1 WHERE id = $1;
