UPDATE kept_objects SET execution_id = NULL WHERE execution_id = $1;
