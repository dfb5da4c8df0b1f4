UPDATE custom_integrations SET name = $2, description = $3, yaml = $4, updated_at = $5, updated_by = $6, version = version + 1 WHERE id = $1;
