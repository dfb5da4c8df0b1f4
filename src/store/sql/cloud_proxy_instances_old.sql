-- Keys that are due for a change.
SELECT uuid FROM cloud_proxy_instances WHERE key_changed_at < $1 AND revoked_at = 0 AND next_key = '' LIMIT 100;
