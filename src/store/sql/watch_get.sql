SELECT x.id, x.project_id, x.endpoint_id, x.checked_at, x.next_at, x.failures, x.requests, x.took, x.tags, x.registry, x.repository,
       x.message, j.name, e.name
FROM watches x JOIN projects j ON j.id = x.project_id JOIN endpoints e ON e.id = x.endpoint_id
WHERE x.id = $1;
