-- The watch of a repository, due now.
INSERT INTO watches (project_id, endpoint_id, registry, repository, next_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (endpoint_id, repository) DO UPDATE SET next_at = $5, failures = 0
RETURNING id, registry, requests;
