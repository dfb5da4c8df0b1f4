-- Hours are asked for a day, days for three months.
DELETE FROM ended_runs WHERE (project_id, span, at) IN (SELECT project_id, span, at FROM ended_runs WHERE span = 'hour' AND at < $1 ORDER BY at LIMIT $2)
RETURNING project_id;
