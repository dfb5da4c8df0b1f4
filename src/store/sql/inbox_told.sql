-- At which listener a delivery came, and when.
SELECT l.endpoint_id, l.webhook_id, d.received_at FROM deliveries d JOIN listeners l ON l.id = d.listener_id WHERE d.id = $1;
