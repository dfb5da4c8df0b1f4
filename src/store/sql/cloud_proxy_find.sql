-- By id or name.
SELECT id FROM cloud_proxies WHERE uuid = $1 OR name = $1;
