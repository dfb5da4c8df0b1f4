-- A run left an object to a newer push.
DELETE FROM kept_objects WHERE execution_id = $1 AND task = $2 AND namespace = $3 AND kind = $4 AND name = $5;
