DELETE FROM cloud_proxies WHERE id = $1;
