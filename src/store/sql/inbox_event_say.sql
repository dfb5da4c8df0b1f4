-- The same in its event.
UPDATE events SET message = $2, updated_at = $3 WHERE execution_id = $1;
