-- The same, of an endpoint.
SELECT l.id, l.uuid, l.project_id, l.token_hash, l.old_token_hash, l.old_until, COALESCE(e.properties, f.properties, '{}'), l.token,
       '[]'
FROM listeners l
LEFT JOIN endpoints e ON e.id = l.endpoint_id
LEFT JOIN webhooks w ON w.listener_id = l.id
LEFT JOIN endpoints f ON f.id = w.endpoint_id
WHERE l.endpoint_id = $1 AND l.webhook_id IS NULL;
