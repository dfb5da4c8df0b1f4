UPDATE cloud_proxy_tokens SET used_at = $2, instance_id = $3 WHERE id = $1 AND used_at = 0;
