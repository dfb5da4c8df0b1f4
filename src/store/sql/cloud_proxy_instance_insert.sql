INSERT INTO cloud_proxy_instances (uuid, proxy_id, public_key, host, client_version, enrolled_at, enrolled_by, key_changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $6);
