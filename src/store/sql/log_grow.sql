-- The last chunk of a log, longer than it was.
UPDATE logs SET position = $2, size = $3, chunk = $4 WHERE id = $1;
