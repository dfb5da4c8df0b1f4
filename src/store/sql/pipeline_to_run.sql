-- A pipeline as an execution needs it.
SELECT p.id, p.uuid, p.project_id, j.name, p.name, p.state, p.concurrency, p.definition, p.global
FROM pipelines p JOIN projects j ON j.id = p.project_id WHERE p.id = $1;
