DELETE FROM deployments WHERE id = $1;
