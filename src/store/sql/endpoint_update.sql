UPDATE endpoints SET name = $2, description = $3, properties = $4, restricted = $5, updated_at = $6, updated_by = $7,
       cloud_proxy_id = (SELECT id FROM cloud_proxies WHERE uuid = $8), version = version + 1 WHERE id = $1;
