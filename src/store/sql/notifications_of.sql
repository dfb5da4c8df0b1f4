-- Of one execution, in the order in which they were caused.
SELECT id FROM notifications WHERE execution_id = $1 ORDER BY id LIMIT $2;
