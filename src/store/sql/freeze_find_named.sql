-- By project and name.
SELECT x.id FROM projects j JOIN freezes x ON x.project_id = j.id AND x.name = $2 WHERE j.name = $1;
