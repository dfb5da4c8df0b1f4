SELECT id FROM events WHERE id = $1 AND (held_until IS NOT NULL OR hold_id IS NOT NULL);
