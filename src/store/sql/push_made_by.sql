UPDATE pushes SET execution_id = $2 WHERE id = $1;
