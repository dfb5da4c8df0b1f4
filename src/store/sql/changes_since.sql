-- What changed, each kind once: a burst is read whole, and bounded.
SELECT MAX(id), COALESCE(project_id, 0), kind
FROM (SELECT id, project_id, kind FROM changes WHERE id > $1 ORDER BY id LIMIT 20000) AS newer GROUP BY 2, 3;
