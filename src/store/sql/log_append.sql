-- A new chunk of a task's log, which may grow.
INSERT INTO logs (project_id, execution_id, task, attempt, position, size, chunk, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
