-- Old events, oldest first: their ids follow their age, so the oldest slice is looked at, and no more.
DELETE FROM events WHERE created_at < $1 AND id IN (SELECT id FROM events WHERE held_until IS NULL AND hold_id IS NULL ORDER BY id LIMIT $2)
RETURNING project_id;
