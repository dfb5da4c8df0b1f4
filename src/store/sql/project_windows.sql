SELECT windows FROM projects WHERE id = $1;
