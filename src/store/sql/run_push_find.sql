-- The run that told of a push: of this very digest if there is one (a day later too: the sweep may find it after a downtime), and the latest.
SELECT execution_id FROM run_pushes
WHERE project_id = $1 AND registry = $2 AND repository = $3 AND tag = $4 AND ($5 = '' OR digest = '' OR digest = $5)
  AND created_at >= CASE WHEN digest <> '' AND digest = $5 THEN $6 - 82800000000 ELSE $6 END AND created_at <= $7
ORDER BY digest = $5 DESC, created_at DESC LIMIT 1;
