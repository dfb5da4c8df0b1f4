SELECT x.uuid, x.name, x.type, x.properties, x.restricted, COALESCE(p.uuid, '')
FROM endpoints x LEFT JOIN cloud_proxies p ON p.id = x.cloud_proxy_id WHERE x.project_id = $1 AND x.name = $2;
