-- What ended since $3, by hour or day.
SELECT at, SUM(completed), SUM(failed), SUM(canceled) FROM ended_runs
WHERE project_id IN (SELECT value FROM json_each($1)) AND span = $2 AND at >= $3 GROUP BY at ORDER BY at;
