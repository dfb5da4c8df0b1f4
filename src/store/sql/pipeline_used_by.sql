-- The webhooks that start a pipeline.
SELECT name FROM webhooks WHERE pipeline_id = $1 ORDER BY id LIMIT 5;
