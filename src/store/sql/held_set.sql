UPDATE events SET status = 'HELD', message = $2, held_until = $3, hold_id = NULL, updated_at = $4 WHERE id = $1;
