SELECT id FROM user_operations WHERE execution_id = $1 AND slot = $2 AND attempt = $3;
