-- One with everything the API shows; the first eleven columns are the same for all objects.
SELECT x.id, x.uuid, x.project_id, j.name, x.name, x.description, x.version, x.created_at, x.updated_at, x.created_by, x.updated_by,
       x.enabled, x.endpoint_id, e.name, x.pipeline_id, p.name, x.listener_id, l.uuid, l.token, x.image_pattern, x.tag_pattern,
       x.repository, x.verify_push, x.input, x.refresh_token, x.token_hash, x.slug, e.properties, e.uuid,
       x.registration, x.sweep, x.senders, x.run_limit, x.when_held
FROM webhooks x JOIN projects j ON j.id = x.project_id
JOIN endpoints e ON e.id = x.endpoint_id
JOIN pipelines p ON p.id = x.pipeline_id
JOIN listeners l ON l.id = x.listener_id
WHERE x.id = $1;
