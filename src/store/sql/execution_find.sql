-- By the id that the world sees.
SELECT id, project_id FROM executions WHERE uuid = $1;
