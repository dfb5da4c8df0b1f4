-- One execution with its pinned definition.
SELECT e.id, e.uuid, e.project_id, j.name, e.pipeline_id, e.definition_id, e.name, e.idx, e.status, e.status_message, e.state,
       e.state_version, e.live, e.input, e.outside, e.output, e.comments, e.tags, e.executed_by, e.triggered_by, e.source,
       e.user_id, e.webhook_id, e.push_id, e.attempt, e.requested_at, e.started_at, e.ended_at, e.updated_at, d.definition,
       p.uuid, e.lease_epoch, w.uuid, e.token_id, COALESCE(p.global, 0), x.uuid, x.name, x.idx, e.rollback, e.sealed_input, a.uuid, a.idx, e.window_at
FROM executions e
JOIN definitions d ON d.id = e.definition_id
JOIN projects j ON j.id = e.project_id
LEFT JOIN pipelines p ON p.id = e.pipeline_id
LEFT JOIN webhooks w ON w.id = e.webhook_id
LEFT JOIN executions x ON x.id = e.parent_id
LEFT JOIN executions a ON a.id = e.rerun_of
WHERE e.id = $1;
