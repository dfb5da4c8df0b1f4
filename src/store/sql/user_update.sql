UPDATE users SET email = $2, org_role = $3, service_role = $4, disabled = $5, password = $6, updated_at = $7 WHERE id = $1;
