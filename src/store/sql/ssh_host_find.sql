SELECT id FROM ssh_hosts WHERE project_id = $1 AND cloud_proxy = $2 AND host = $3 AND port = $4;
