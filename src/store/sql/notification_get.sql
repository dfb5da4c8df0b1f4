SELECT n.id, n.uuid, n.project_id, j.name, n.execution_id, n.execution, n.name, n.idx, n.occasion, n.place, n.kind, n.type, n.event, n.stage, n.task, n.endpoint, n.lane,
       n.target, n.subject, n.content, n.status, n.attempts, n.next_at, n.until, n.claimed, n.doubt, n.code, n.message, n.reference, n.created_at, n.updated_at, n.sent_at
FROM notifications n JOIN projects j ON j.id = n.project_id WHERE n.id = $1;
