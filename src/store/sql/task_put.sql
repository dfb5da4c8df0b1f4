-- One task's row, as the step left it.
INSERT INTO tasks (execution_id, idx, project_id, status, state, input, output, resolved) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (execution_id, idx) DO UPDATE SET status = excluded.status, state = excluded.state, input = excluded.input,
    output = excluded.output, resolved = excluded.resolved;
