SELECT 1 FROM run_pushes
WHERE execution_id = $1 AND registry = $2 AND repository = $3 AND tag = $4 AND ($5 = '' OR digest = '' OR digest = $5) LIMIT 1;
