SELECT uuid, name, type, properties, restricted FROM endpoints WHERE project_id = $1 ORDER BY id;
