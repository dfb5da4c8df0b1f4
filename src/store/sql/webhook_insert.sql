-- Nothing happens when the name is taken.
INSERT INTO webhooks (uuid, project_id, name, description, enabled, endpoint_id, pipeline_id, listener_id, image_pattern, tag_pattern,
                      repository, verify_push, input, refresh_token, token_hash, slug, registration, sweep, senders,
                      run_limit, created_at, updated_at, created_by, updated_by, disabled_at, when_held)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $21, $22, $22,
        CASE WHEN $5 = 0 THEN $21 END, $23)
ON CONFLICT (project_id, name) DO NOTHING;
