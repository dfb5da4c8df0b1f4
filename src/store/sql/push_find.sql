-- The newest generation of a push's identity.
SELECT id, generation, digest, confirm, confirm_text, last_at FROM pushes
WHERE project_id = $1 AND endpoint_id = $2 AND registry = $3 AND repository = $4 AND tag = $5 AND mark = $6
ORDER BY generation DESC LIMIT 1;
