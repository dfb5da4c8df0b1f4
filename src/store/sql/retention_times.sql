DELETE FROM deploy_times WHERE (project_id, day, seconds) IN (SELECT project_id, day, seconds FROM deploy_times WHERE day < $1 ORDER BY day LIMIT $2)
RETURNING project_id;
