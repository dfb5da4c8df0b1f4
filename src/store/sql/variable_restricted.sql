SELECT 1 FROM variables WHERE project_id = $1 AND name = $2 AND type = 'RESTRICTED';
