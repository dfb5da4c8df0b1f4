-- How many events of a webhook wait that came before one, counted to $3.
SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE webhook_id = $1 AND id < $2 AND held_until IS NOT NULL LIMIT $3) counted;
