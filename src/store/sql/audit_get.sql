-- One thing that somebody did, with the project it was done in.
SELECT a.id, j.name, a.user_name, a.action, a.object, a.detail, a.created_at
FROM audit a LEFT JOIN projects j ON j.id = a.project_id
WHERE a.id = $1;
