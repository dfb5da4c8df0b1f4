-- The last push of a tag that the sweep found for a webhook, with its run.
SELECT p.first_at, COALESCE(x.idx, 0) FROM (SELECT id, digest, found_by, first_at FROM pushes
               WHERE endpoint_id = $1 AND repository = $2 AND tag = $3 ORDER BY id DESC LIMIT 20) p
JOIN events v ON v.push_id = p.id AND v.webhook_id = $5
LEFT JOIN executions x ON x.id = v.execution_id
WHERE p.found_by = 'sweep' AND ($4 = '' OR p.digest = $4)
ORDER BY p.id DESC, v.id DESC LIMIT 1;
