SELECT idx, status, state, input, output, resolved FROM tasks WHERE execution_id = $1 ORDER BY idx;
