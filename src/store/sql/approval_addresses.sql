-- Where those are reached who may answer: $1 names and addresses, $2 groups, both JSON arrays in small letters.
SELECT DISTINCT u.email FROM users u
WHERE u.disabled = 0 AND u.email <> ''
  AND (LOWER(u.name) IN (SELECT value FROM json_each($1)) OR LOWER(u.email) IN (SELECT value FROM json_each($1))
       OR EXISTS (SELECT 1 FROM json_each(u.group_names) g WHERE LOWER(g.value) IN (SELECT value FROM json_each($2))))
ORDER BY u.email LIMIT 100;
