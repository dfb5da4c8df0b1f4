SELECT h.id, h.project_id, h.webhook_id, h.registry, h.repository, h.tag, h.digest, h.push_id, h.execution, h.name, h.idx, h.reason, h.outcome, h.since,
       h.updated_at, w.name, w.when_held
FROM holds h JOIN webhooks w ON w.id = h.webhook_id WHERE h.id = $1;
