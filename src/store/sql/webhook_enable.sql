UPDATE webhooks SET enabled = $2, updated_at = $3, updated_by = $4, version = version + 1 WHERE id = $1;
