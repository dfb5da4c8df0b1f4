UPDATE projects SET windows = $2, updated_at = $3, updated_by = $4 WHERE id = $1;
