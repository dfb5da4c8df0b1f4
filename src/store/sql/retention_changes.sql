-- The change sequence is only for those who are connected.
DELETE FROM changes WHERE created_at < $1 AND id IN (SELECT id FROM changes ORDER BY id LIMIT $2)
RETURNING project_id;
