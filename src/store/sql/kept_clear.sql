-- What an earlier attempt of a task was about to put there.
DELETE FROM kept_objects WHERE execution_id = $1 AND task = $2;
