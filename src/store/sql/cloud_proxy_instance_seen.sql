UPDATE cloud_proxy_instances SET last_seen = $2, host = CASE WHEN $3 = '' THEN host ELSE $3 END,
       client_version = CASE WHEN $4 = '' THEN client_version ELSE $4 END, address = CASE WHEN $5 = '' THEN address ELSE $5 END
WHERE uuid = $1;
