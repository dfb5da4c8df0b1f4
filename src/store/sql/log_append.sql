INSERT INTO logs (project_id, execution_id, task, size, chunk, created_at) VALUES ($1, $2, $3, $4, $5, $6);
