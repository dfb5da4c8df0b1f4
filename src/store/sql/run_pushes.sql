SELECT registry, repository, tag, digest, created_at FROM run_pushes WHERE execution_id = $1 ORDER BY id;
