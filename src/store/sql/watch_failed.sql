UPDATE watches SET message = $2, next_at = $3, failures = failures + 1 WHERE id = $1;
