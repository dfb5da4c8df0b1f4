-- One task's row. NULL input or output leaves what stands there.
INSERT INTO tasks (execution_id, idx, project_id, status, state, input, output) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (execution_id, idx) DO UPDATE SET status = excluded.status, state = excluded.state,
    input = COALESCE(excluded.input, tasks.input), output = COALESCE(excluded.output, tasks.output);
