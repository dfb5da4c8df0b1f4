-- The histogram of each day since $2.
SELECT day, seconds, SUM(count) FROM deploy_times
WHERE project_id IN (SELECT value FROM json_each($1)) AND day >= $2 GROUP BY day, seconds ORDER BY day, seconds;
