-- Not while it is asked, nor while what was approved may still be done.
DELETE FROM user_operations WHERE id = $1 AND status <> 'ACTIVE' AND NOT EXISTS (SELECT 1 FROM executions WHERE id = execution_id AND live = 1);
