SELECT x.id, x.uuid, x.project_id, j.name, x.cloud_proxy, COALESCE(p.name, ''), x.host, x.port, x.type, x.fingerprint, x.created_at
FROM ssh_hosts x JOIN projects j ON j.id = x.project_id LEFT JOIN cloud_proxies p ON p.uuid = x.cloud_proxy WHERE x.id = $1;
