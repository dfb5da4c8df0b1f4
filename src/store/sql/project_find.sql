SELECT id FROM projects WHERE uuid = $1;
