-- A receiver asked for patience: nothing of its lane is tried before.
UPDATE notifications SET next_at = $2 WHERE status = 'PENDING' AND lane = $1 AND claimed = 0 AND next_at < $2;
