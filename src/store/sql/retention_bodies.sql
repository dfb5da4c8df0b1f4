-- Bodies and headers of old deliveries; the row stays, so that a repeat is still told.
UPDATE deliveries SET body = NULL, headers = NULL
WHERE id IN (SELECT id FROM deliveries WHERE body IS NOT NULL AND received_at < $1 AND state = 1 ORDER BY received_at LIMIT $2)
RETURNING project_id;
