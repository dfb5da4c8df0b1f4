-- Tries of a server that is gone: nobody knows what came of them.
UPDATE notifications SET claimed = 0, doubt = 1, next_at = $1 WHERE status = 'PENDING' AND claimed = 1;
