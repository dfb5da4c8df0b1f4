-- What says when runs of a pipeline may begin; NULL: it says nothing of it.
SELECT p.name, p.project_id, json_extract(p.definition, '$.windows'), j.windows, json_extract(p.definition, '$.tags')
FROM pipelines p JOIN projects j ON j.id = p.project_id WHERE p.id = $1;
