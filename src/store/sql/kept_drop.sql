-- What a run put there is not to be put back by anybody.
DELETE FROM kept_objects WHERE execution_id = $1;
