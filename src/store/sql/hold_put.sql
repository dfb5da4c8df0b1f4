-- A deployment failed its verification. What is known of the same run's failure stays; a newer push's hold stays as it is.
INSERT INTO holds (project_id, webhook_id, registry, repository, tag, digest, push_id, execution, name, idx, reason, outcome, since, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
ON CONFLICT (webhook_id, registry, repository) DO UPDATE SET
    reason = CASE WHEN holds.execution = excluded.execution THEN holds.reason ELSE excluded.reason END,
    tag = excluded.tag, digest = excluded.digest, push_id = excluded.push_id, execution = excluded.execution, name = excluded.name, idx = excluded.idx,
    outcome = excluded.outcome, updated_at = excluded.updated_at
WHERE excluded.push_id >= holds.push_id
RETURNING id;
