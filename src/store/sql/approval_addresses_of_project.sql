-- Where nobody is named, those of the project may answer.
SELECT DISTINCT u.email FROM users u JOIN members m ON m.user_id = u.id
WHERE m.project_id = $1 AND m.role <> 'viewer' AND u.disabled = 0 AND u.email <> '' ORDER BY u.email LIMIT 100;
