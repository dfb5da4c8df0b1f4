SELECT id FROM projects WHERE name = $1;
