-- The key that it will show next time.
UPDATE cloud_proxy_instances SET next_key = $2 WHERE uuid = $1 AND revoked_at = 0;
