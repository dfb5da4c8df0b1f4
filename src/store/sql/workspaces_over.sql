-- Those whose run is over, or gone.
SELECT w.id, w.project_id, w.execution, w.endpoint, w.tries, w.created_at, w.namespace FROM workspaces w LEFT JOIN executions x ON x.uuid = w.execution
WHERE w.due_at <= $1 AND (x.id IS NULL OR x.live = 0) ORDER BY w.due_at, w.id LIMIT 4;
