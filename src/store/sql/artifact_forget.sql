-- An earlier try's.
DELETE FROM artifacts WHERE execution_id = $1 AND task = $2 AND number = $3;
