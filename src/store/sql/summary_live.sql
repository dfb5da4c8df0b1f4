-- Executions that are under way, by status; $1 is a JSON array of projects, here and below.
-- Read from the index of those that are live: the + keeps it from looking at all that a project ever ran.
SELECT status, COUNT(*) FROM executions WHERE live = 1 AND +project_id IN (SELECT value FROM json_each($1)) GROUP BY status;
