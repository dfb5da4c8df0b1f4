-- Of one Cloud Proxy, the newest first.
SELECT id, uuid, proxy_id, public_key, next_key, host, client_version, address, enrolled_at, enrolled_by, key_changed_at, last_seen, revoked_at, revoked_by
FROM cloud_proxy_instances WHERE proxy_id = $1 ORDER BY revoked_at, id DESC LIMIT 200;
