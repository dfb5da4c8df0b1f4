-- What an effect resolved to, before it acts; NULL forgets it.
UPDATE tasks SET resolved = $3 WHERE execution_id = $1 AND idx = $2;
