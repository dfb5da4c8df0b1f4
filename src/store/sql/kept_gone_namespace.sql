-- A namespace was, and what was in it.
DELETE FROM kept_objects WHERE endpoint_id = $1 AND namespace = $2 AND put_at <= $3;
