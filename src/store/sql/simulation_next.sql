-- What the next push and the next run of a pipeline would be called.
SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM pushes), (SELECT COALESCE(MAX(idx), 0) + 1 FROM executions WHERE pipeline_id = $1), p.uuid, j.uuid
FROM pipelines p JOIN projects j ON j.id = p.project_id WHERE p.id = $1;
