-- By the id that the world sees.
SELECT id, project_id FROM events WHERE uuid = $1;
