-- What became of an event.
UPDATE events SET status = $2, message = $3, execution_id = $4, held_until = NULL, hold_id = NULL, updated_at = $5 WHERE id = $1;
