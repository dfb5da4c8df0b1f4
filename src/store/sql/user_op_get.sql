SELECT o.id, o.uuid, o.project_id, j.name, o.execution_id, x.uuid, x.idx, p.uuid, o.name, o.task, o.idx, o.summary, o.description, o.approvers,
       o.group_names, o.bound, o.status, o.requested_by, o.responded_by, o.email, o.roles, o.response, o.expires_at, o.responded_at, o.created_at,
       o.updated_at, o.pipeline_id
FROM user_operations o
JOIN projects j ON j.id = o.project_id
JOIN executions x ON x.id = o.execution_id
LEFT JOIN pipelines p ON p.id = o.pipeline_id
WHERE o.id = $1;
