-- The same happening again changes nothing.
INSERT INTO notifications (uuid, project_id, execution_id, execution, name, idx, occasion, place, kind, type, event, stage, task, endpoint, lane, target, subject,
                           content, status, message, next_at, until, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $23)
ON CONFLICT (execution, occasion, place) DO NOTHING;
