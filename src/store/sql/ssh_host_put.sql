-- Pin a host's key. One that is known already stays as it is.
INSERT INTO ssh_hosts (uuid, project_id, cloud_proxy, host, port, type, fingerprint, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (project_id, cloud_proxy, host, port) DO NOTHING;
