-- Executions that are under way, by status; $1 is a JSON array of projects, here and below.
SELECT status, COUNT(*) FROM executions WHERE live = 1 AND project_id IN (SELECT value FROM json_each($1)) GROUP BY status;
