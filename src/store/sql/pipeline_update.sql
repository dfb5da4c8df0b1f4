UPDATE pipelines SET name = $2, description = $3, state = $4, global = $5, concurrency = $6, definition = $7, updated_at = $8,
       updated_by = $9, version = version + 1
WHERE id = $1;
