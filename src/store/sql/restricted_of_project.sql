-- What only administrators may use: kind and name. An endpoint with a property that is a restricted variable counts as well.
SELECT 'variable', name FROM variables WHERE project_id = $1 AND type = 'RESTRICTED'
UNION ALL
SELECT 'endpoint', e.name FROM endpoints e
WHERE e.project_id = $1
  AND (e.restricted = 1 OR EXISTS (SELECT 1 FROM variables v WHERE v.project_id = e.project_id AND v.type = 'RESTRICTED'
                                   AND e.properties LIKE '%"${var.' || v.name || '}"%'));
