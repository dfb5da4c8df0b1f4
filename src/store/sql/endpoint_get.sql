-- One with everything the API shows; the first eleven columns are the same for all objects.
SELECT x.id, x.uuid, x.project_id, j.name, x.name, x.description, x.version, x.created_at, x.updated_at, x.created_by, x.updated_by,
       x.type, x.properties, x.restricted, l.uuid, COALESCE(p.uuid, '')
FROM endpoints x JOIN projects j ON j.id = x.project_id
LEFT JOIN listeners l ON l.endpoint_id = x.id AND l.webhook_id IS NULL
LEFT JOIN cloud_proxies p ON p.id = x.cloud_proxy_id
WHERE x.id = $1;
