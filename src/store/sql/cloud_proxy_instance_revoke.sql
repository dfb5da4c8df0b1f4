UPDATE cloud_proxy_instances SET revoked_at = $2, revoked_by = $3 WHERE id = $1 AND revoked_at = 0;
