-- The same, by the webhook's id, as the cloud API's URL names it.
SELECT l.id, l.uuid, l.project_id, l.token_hash, l.old_token_hash, l.old_until, COALESCE(e.properties, f.properties, '{}'), l.token,
       COALESCE(w.senders, '[]')
FROM listeners l
LEFT JOIN endpoints e ON e.id = l.endpoint_id
LEFT JOIN webhooks w ON w.listener_id = l.id
LEFT JOIN endpoints f ON f.id = w.endpoint_id
WHERE w.uuid = $1;
