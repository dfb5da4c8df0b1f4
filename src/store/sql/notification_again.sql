-- A person wants it sent, again or at last.
UPDATE notifications SET status = 'PENDING', attempts = 0, next_at = $2, until = $3, message = '', updated_at = $2 WHERE id = $1 AND claimed = 0;
