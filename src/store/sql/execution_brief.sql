-- What a live stream looks at.
SELECT status, status_message, updated_at, live FROM executions WHERE id = $1;
