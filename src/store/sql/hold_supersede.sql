-- A newer push of the same tag passed.
UPDATE events SET status = 'CANCELED', message = $4, hold_id = NULL, updated_at = $5 WHERE hold_id = $1 AND push_id < $2 AND tag = $3;
