INSERT INTO hub_hooks (uuid, project_id, endpoint_id, webhook_id, webhook_name, repository, name, wanted, state, message, next_at,
                       created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'there', $8, $9, $10, $11, $11);
