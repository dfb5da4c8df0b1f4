-- Once: the first who ends it does.
UPDATE user_operations SET status = $2, responded_by = $3, email = $4, roles = $5, response = $6, responded_at = $7, updated_at = $7
WHERE id = $1 AND status = 'ACTIVE';
