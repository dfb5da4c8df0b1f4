-- The oldest deliveries that are still to be matched.
SELECT d.id, d.project_id, d.listener_id, d.events, l.endpoint_id, l.webhook_id, d.received_at
FROM deliveries d JOIN listeners l ON l.id = d.listener_id
WHERE d.state = 0 ORDER BY d.id LIMIT $1;
