SELECT id FROM ssh_hosts WHERE uuid = $1;
