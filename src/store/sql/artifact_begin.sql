INSERT INTO artifacts (project_id, execution_id, task, stage_name, task_name, number, path, folder, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING id;
