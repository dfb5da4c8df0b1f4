-- Whose URL a delivery came to: an endpoint's, or one webhook's.
SELECT COALESCE(l.endpoint_id, 0), COALESCE((SELECT w.id FROM webhooks w WHERE w.listener_id = l.id), 0)
FROM deliveries d JOIN listeners l ON l.id = d.listener_id WHERE d.id = $1;
