SELECT window_free FROM executions WHERE id = $1;
