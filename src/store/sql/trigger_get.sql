-- One trigger with what a decision needs.
SELECT w.id, w.uuid, w.project_id, w.name, w.enabled, w.image_pattern, w.tag_pattern, w.verify_push, w.input,
       w.refresh_token, w.token_hash, w.endpoint_id, e.name, e.properties, w.pipeline_id, p.name, p.state, j.name, w.senders,
       w.disabled_at, w.enabled_at, w.run_limit
FROM webhooks w
JOIN endpoints e ON e.id = w.endpoint_id
JOIN pipelines p ON p.id = w.pipeline_id
JOIN projects j ON j.id = w.project_id
WHERE w.id = $1;
