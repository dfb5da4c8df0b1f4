-- A namespace is gone, and what was in it; what was put there later stays.
DELETE FROM deployments WHERE endpoint_id = $1 AND namespace = $2 AND put_at <= $3;
