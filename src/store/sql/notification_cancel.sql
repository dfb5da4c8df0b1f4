UPDATE notifications SET status = 'CANCELED', next_at = NULL, message = $2, updated_at = $3 WHERE id = $1 AND status = 'PENDING' AND claimed = 0;
