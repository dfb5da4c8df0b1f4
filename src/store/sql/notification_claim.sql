-- The next of a lane that is due: a try begins, and counts. Until $3 nobody else takes it.
UPDATE notifications SET attempts = attempts + 1, claimed = 1, next_at = $3, updated_at = $2
WHERE id = (SELECT id FROM notifications WHERE status = 'PENDING' AND lane = $1 AND next_at <= $2 ORDER BY next_at LIMIT 1)
RETURNING id;
