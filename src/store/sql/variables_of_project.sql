SELECT name, uuid, type, value FROM variables WHERE project_id = $1 ORDER BY id;
