-- Once for each engine, and each namespace of a cluster, of a run.
INSERT INTO workspaces (project_id, execution, endpoint, namespace, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (execution, endpoint, namespace) DO NOTHING;
