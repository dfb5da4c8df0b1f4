INSERT INTO audit (project_id, user_name, action, object, detail, created_at) VALUES ($1, $2, $3, $4, $5, $6);
