DELETE FROM execution_tags WHERE execution_id = $1;
