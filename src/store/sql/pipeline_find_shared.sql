-- Of the project itself, or else one that all projects share.
SELECT id FROM pipelines WHERE name = $2 AND (project_id = $1 OR global = 1) ORDER BY CASE WHEN project_id = $1 THEN 0 ELSE 1 END, id LIMIT 1;
