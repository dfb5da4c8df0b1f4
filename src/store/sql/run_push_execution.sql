-- When an execution was asked for, when it ended, and of how many pushes it told.
SELECT requested_at, COALESCE(ended_at, 0), (SELECT COUNT(*) FROM run_pushes WHERE execution_id = $1) FROM executions WHERE id = $1;
