INSERT INTO cloud_proxy_journals (instance_id, journal, number) SELECT id, $2, $3 FROM cloud_proxy_instances WHERE uuid = $1
ON CONFLICT (instance_id, journal) DO UPDATE SET number = excluded.number;
