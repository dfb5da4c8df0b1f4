-- One with everything the API shows; the first eleven columns are the same for all objects.
SELECT x.id, x.uuid, x.project_id, j.name, x.name, x.description, x.version, x.created_at, x.updated_at, x.created_by, x.updated_by,
       x.release, x.status, x.latest, x.change_log, x.yaml, COALESCE(x.parent_id, 0), COALESCE(d.uuid, ''),
       COALESCE((SELECT v.release FROM custom_integrations v WHERE v.parent_id = COALESCE(x.parent_id, x.id) AND v.latest = 1), '')
FROM custom_integrations x JOIN projects j ON j.id = x.project_id LEFT JOIN custom_integrations d ON d.id = x.parent_id
WHERE x.id = $1;
