SELECT j.number FROM cloud_proxy_journals j JOIN cloud_proxy_instances i ON i.id = j.instance_id WHERE i.uuid = $1 AND j.journal = $2;
