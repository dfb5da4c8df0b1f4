-- The run that told of a push: of this very digest if there is one, and the latest of them.
SELECT execution_id FROM run_pushes
WHERE project_id = $1 AND registry = $2 AND repository = $3 AND tag = $4 AND ($5 = '' OR digest = '' OR digest = $5)
  AND created_at >= $6 AND created_at <= $7
ORDER BY digest = $5 DESC, created_at DESC LIMIT 1;
