UPDATE freezes SET name = $2, description = $3, begins_at = $4, ends_at = $5, time_zone = $6, pipelines = $7, tags = $8, updated_at = $9, updated_by = $10,
       version = version + 1
WHERE id = $1;
