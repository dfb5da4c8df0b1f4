-- The state after a step. Checked against the lease: a node that lost it changes nothing.
UPDATE executions SET status = $2, status_message = $3, state = $4, state_version = $5, live = $6, output = $7, started_at = $8,
       ended_at = $9, updated_at = $10, owner = $11, window_at = CASE WHEN $2 = 'QUEUED' THEN window_at END
WHERE id = $1 AND lease_epoch = $12;
