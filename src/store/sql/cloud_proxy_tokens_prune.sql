-- Those that ended long ago; used ones are kept as long, so that whoever tries one again is told when it was used.
DELETE FROM cloud_proxy_tokens WHERE proxy_id = $1 AND expires_at < $2;
