-- The triggers that could take a push of this repository: those whose pattern is that very name, by index, and those
-- whose pattern is a real expression, a short list.
SELECT id FROM webhooks WHERE endpoint_id = $1 AND repository = $2
UNION ALL
SELECT id FROM webhooks WHERE endpoint_id = $1 AND repository IS NULL
ORDER BY 1;
