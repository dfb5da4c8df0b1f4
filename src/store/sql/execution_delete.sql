-- Only a finished one.
DELETE FROM executions WHERE id = $1 AND live = 0;
