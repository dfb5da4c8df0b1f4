SELECT COALESCE(MIN(window_at), 0) FROM executions WHERE window_at IS NOT NULL;
