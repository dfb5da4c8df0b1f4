-- One delivery, raw.
SELECT d.id, d.uuid, d.project_id, j.name, l.uuid, d.format, d.remote, d.headers, d.body, d.verdict, d.problem, d.events, d.repeats,
       d.received_at, d.state
FROM deliveries d JOIN projects j ON j.id = d.project_id JOIN listeners l ON l.id = d.listener_id
WHERE d.id = $1;
