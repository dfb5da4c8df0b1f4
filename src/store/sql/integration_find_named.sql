-- A draft, by project and name.
SELECT x.id FROM projects j JOIN custom_integrations x ON x.project_id = j.id AND x.name = $2 AND x.release = '' WHERE j.name = $1;
