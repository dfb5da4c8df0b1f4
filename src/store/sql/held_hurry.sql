-- A webhook's limit changed: its events are judged again.
UPDATE events SET held_until = $1 WHERE webhook_id = $2 AND (held_until IS NOT NULL OR hold_id IS NOT NULL);
