-- The same, found by the hash of the URL's token.
SELECT l.id, l.uuid, l.project_id, l.token_hash, l.old_token_hash, l.old_until, COALESCE(e.properties, f.properties, '{}'), l.token,
       COALESCE(w.senders, '[]')
FROM listeners l
LEFT JOIN endpoints e ON e.id = l.endpoint_id
LEFT JOIN webhooks w ON w.listener_id = l.id
LEFT JOIN endpoints f ON f.id = w.endpoint_id
WHERE l.token_hash = $1;
