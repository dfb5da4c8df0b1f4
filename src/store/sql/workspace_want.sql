-- Once for each engine of a run.
INSERT INTO workspaces (project_id, execution, endpoint, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (execution, endpoint) DO NOTHING;
