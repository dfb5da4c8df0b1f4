SELECT COALESCE(SUM(size), 0) FROM logs WHERE execution_id = $1 AND task = $2;
