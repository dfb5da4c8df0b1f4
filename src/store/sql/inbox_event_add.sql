INSERT INTO events (uuid, project_id, delivery_id, push_id, webhook_id, webhook_name, pipeline, status, message, trace,
                    registry, repository, tag, owner, execution_id, attempt, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17);
