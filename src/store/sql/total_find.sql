-- Of one project, or of all when $2 is 0.
SELECT COALESCE(SUM(count), 0) FROM totals WHERE kind = $1 AND ($2 = 0 OR project_id = $2);
