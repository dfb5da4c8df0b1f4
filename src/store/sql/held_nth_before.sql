-- Until when the events of a webhook wait that came before one: the newest at $3 = 0.
SELECT held_until FROM events WHERE webhook_id = $1 AND id < $2 AND held_until IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET $3;
