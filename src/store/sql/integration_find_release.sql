SELECT id FROM custom_integrations WHERE parent_id = $1 AND release = $2;
