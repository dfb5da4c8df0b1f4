-- The webhooks that use an endpoint.
SELECT name FROM webhooks WHERE endpoint_id = $1 ORDER BY id LIMIT 5;
