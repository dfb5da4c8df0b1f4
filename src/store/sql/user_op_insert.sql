INSERT INTO user_operations (uuid, project_id, execution_id, slot, attempt, pipeline_id, name, task, idx, summary, description, approvers, group_names,
                             bound, status, requested_by, expires_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'ACTIVE', $15, $16, $17, $17);
