-- With everything the API shows; the first eleven columns are the same for all objects.
SELECT x.id, x.uuid, COALESCE(x.project_id, 0), COALESCE(j.name, ''), x.name, x.description, x.version, x.created_at, x.updated_at,
       x.created_by, x.updated_by, (SELECT COUNT(*) FROM endpoints e WHERE e.cloud_proxy_id = x.id)
FROM cloud_proxies x LEFT JOIN projects j ON j.id = x.project_id
WHERE x.id = $1;
