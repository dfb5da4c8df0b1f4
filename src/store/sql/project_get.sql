SELECT id, uuid, id, name, name, description, 1, created_at, updated_at, created_by, updated_by FROM projects WHERE id = $1;
