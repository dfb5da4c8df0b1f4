-- Those of a project that are not over.
SELECT name, begins_at, ends_at, time_zone, pipelines, tags FROM freezes WHERE project_id = $1 AND ends_at > $2 ORDER BY ends_at, id LIMIT 1000;
