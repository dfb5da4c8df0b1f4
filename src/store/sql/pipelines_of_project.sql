-- To look into each: which endpoints and variables do they name?
SELECT name, definition FROM pipelines WHERE project_id = $1 ORDER BY id;
