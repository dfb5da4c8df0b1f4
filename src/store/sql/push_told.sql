-- Of the last pushes of a tag, one that a webhook took since then: of this digest, or of one that nobody knows.
SELECT 1 FROM (SELECT id, digest, confirm, last_at FROM pushes
               WHERE endpoint_id = $1 AND repository = $2 AND tag = $3 ORDER BY id DESC LIMIT 20) p
WHERE p.last_at >= $6 AND (p.digest = $4 OR (p.digest = '' AND p.confirm <> 'missing'))
  AND EXISTS (SELECT 1 FROM events v WHERE v.push_id = p.id AND v.webhook_id = $5 AND v.status <> 'IGNORED')
LIMIT 1;
