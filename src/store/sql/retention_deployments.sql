-- Jobs end by themselves, and often each has a name of its own: they go as executions do.
DELETE FROM deployments WHERE id IN (SELECT id FROM deployments WHERE kind = 'Job' AND updated_at < $1 ORDER BY updated_at LIMIT $2)
RETURNING project_id;
