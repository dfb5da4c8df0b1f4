-- Pushes that the registry told of before the run did, but after it began.
UPDATE pushes SET execution_id = $1
WHERE project_id = $2 AND registry = $3 AND repository = $4 AND tag = $5 AND ($6 = '' OR digest = '' OR digest = $6)
  AND first_at > $7 AND first_at >= $8 AND execution_id IS NULL;
