-- The time while it is disabled is kept: a push of that time never runs.
UPDATE webhooks SET enabled = $2, updated_at = $3, updated_by = $4, version = version + 1,
       disabled_at = CASE WHEN enabled = 1 AND $2 = 0 THEN $3 ELSE disabled_at END,
       enabled_at = CASE WHEN enabled = $2 THEN enabled_at WHEN $2 = 1 THEN $3 ELSE NULL END
WHERE id = $1;
