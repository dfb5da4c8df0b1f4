-- An object was deleted from its cluster: nobody puts it back.
DELETE FROM kept_objects WHERE endpoint_id = $1 AND namespace = $2 AND kind = $3 AND name = $4 AND put_at <= $5;
