INSERT INTO run_pushes (project_id, execution_id, registry, repository, tag, digest, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);
