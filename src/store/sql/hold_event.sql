UPDATE events SET status = 'HELD', message = $2, hold_id = $3, held_until = NULL, updated_at = $4 WHERE id = $1;
