-- The same was told before.
UPDATE run_pushes SET created_at = $6 WHERE execution_id = $1 AND registry = $2 AND repository = $3 AND tag = $4 AND digest = $5;
