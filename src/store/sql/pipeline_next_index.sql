UPDATE pipelines SET last_index = last_index + 1 WHERE id = $1 RETURNING last_index;
