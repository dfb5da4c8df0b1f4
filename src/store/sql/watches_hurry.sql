UPDATE watches SET next_at = $2 WHERE endpoint_id = $1;
