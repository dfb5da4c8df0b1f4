SELECT id, uuid, proxy_id, public_key, next_key, host, client_version, address, enrolled_at, enrolled_by, key_changed_at, last_seen, revoked_at, revoked_by
FROM cloud_proxy_instances WHERE uuid = $1;
