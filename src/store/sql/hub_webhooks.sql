-- The webhooks of an endpoint, or ($1 = 0) of all.
SELECT id FROM webhooks WHERE $1 = 0 OR endpoint_id = $1 ORDER BY id;
