SELECT t.id, t.proxy_id, t.created_by, t.expires_at, t.used_at, COALESCE(i.uuid, ''), COALESCE(i.public_key, ''), COALESCE(i.host, ''), COALESCE(i.revoked_at, 0)
FROM cloud_proxy_tokens t LEFT JOIN cloud_proxy_instances i ON i.id = t.instance_id WHERE t.hash = $1;
