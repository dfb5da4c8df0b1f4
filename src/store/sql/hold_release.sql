-- A hold ends: its events are due, in the order of their arrival.
UPDATE events SET hold_id = NULL, held_until = $2, updated_at = $2 WHERE hold_id = $1;
