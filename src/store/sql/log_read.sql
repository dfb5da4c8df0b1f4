-- Chunks of a task's log from one on; $2 = -1 for the chunks of all tasks.
SELECT id, task, size, chunk FROM logs WHERE execution_id = $1 AND ($2 = -1 OR task = $2) AND id >= $3 ORDER BY id LIMIT 64;
