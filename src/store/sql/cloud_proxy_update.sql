UPDATE cloud_proxies SET project_id = $2, name = $3, description = $4, updated_at = $5, updated_by = $6, version = version + 1 WHERE id = $1;
