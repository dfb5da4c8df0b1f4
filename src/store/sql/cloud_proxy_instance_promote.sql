-- It showed the next key: the old one is worth nothing any more.
UPDATE cloud_proxy_instances SET public_key = next_key, next_key = '', key_changed_at = $3 WHERE uuid = $1 AND next_key = $2 AND next_key <> '';
