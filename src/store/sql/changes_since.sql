SELECT id, COALESCE(project_id, 0), kind FROM changes WHERE id > $1 ORDER BY id LIMIT 500;
