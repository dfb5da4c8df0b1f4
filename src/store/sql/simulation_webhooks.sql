-- The triggers that a simulation considers: of a project, or only those of an endpoint or one of them.
SELECT id FROM webhooks WHERE project_id = $1 AND ($2 = 0 OR endpoint_id = $2) AND ($3 = 0 OR id = $3) ORDER BY id LIMIT $4;
