SELECT id, project_id FROM deployments WHERE uuid = $1;
