UPDATE watches SET checked_at = $2, next_at = $3, requests = $4, took = $5, tags = $6, failures = 0, message = '' WHERE id = $1;
