-- One with everything the API shows; the first eleven columns are the same for all objects.
SELECT x.id, x.uuid, x.project_id, j.name, x.name, x.description, x.version, x.created_at, x.updated_at, x.created_by, x.updated_by,
       x.begins_at, x.ends_at, x.time_zone, x.pipelines, x.tags
FROM freezes x JOIN projects j ON j.id = x.project_id
WHERE x.id = $1;
