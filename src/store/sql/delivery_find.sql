SELECT id, project_id FROM deliveries WHERE uuid = $1;
