INSERT INTO changes (project_id, kind, object_id, created_at) VALUES ($1, $2, $3, $4);
