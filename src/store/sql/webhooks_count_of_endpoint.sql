-- How many webhooks an endpoint has, counted to $2 only: a push must not cost more where there are thousands.
SELECT COUNT(*) FROM (SELECT 1 FROM webhooks WHERE endpoint_id = $1 LIMIT $2) x;
