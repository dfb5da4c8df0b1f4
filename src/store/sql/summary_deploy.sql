SELECT x.uuid, x.name, x.idx, x.status, x.ended_at, COALESCE(p.first_at, x.requested_at), COALESCE(p.repository, ''), COALESCE(p.tag, ''), j.name
FROM executions x JOIN projects j ON j.id = x.project_id LEFT JOIN pushes p ON p.id = x.push_id WHERE x.id = $1;
