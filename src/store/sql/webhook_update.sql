UPDATE webhooks SET name = $2, description = $3, enabled = $4, endpoint_id = $5, pipeline_id = $6, image_pattern = $7, tag_pattern = $8,
       repository = $9, verify_push = $10, input = $11, refresh_token = $12, token_hash = $13, slug = $14, registration = $15, sweep = $16,
       senders = $17, run_limit = $18, when_held = $21, updated_at = $19, updated_by = $20, version = version + 1,
       disabled_at = CASE WHEN enabled = 1 AND $4 = 0 THEN $19 ELSE disabled_at END,
       enabled_at = CASE WHEN enabled = $4 THEN enabled_at WHEN $4 = 1 THEN $19 ELSE NULL END
WHERE id = $1;
