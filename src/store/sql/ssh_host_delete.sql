DELETE FROM ssh_hosts WHERE id = $1;
