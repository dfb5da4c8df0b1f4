-- What arrived, or was given up. What is still to be tried stays.
DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE updated_at < $1 AND status <> 'PENDING' ORDER BY updated_at LIMIT $2)
RETURNING project_id;
