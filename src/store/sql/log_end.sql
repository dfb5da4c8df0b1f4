-- How much of a task's log there is, and how far the stream of one attempt is in it.
SELECT COALESCE(SUM(size), 0), COALESCE(MAX(CASE WHEN attempt = $3 THEN position ELSE 0 END), 0) FROM logs WHERE execution_id = $1 AND task = $2;
