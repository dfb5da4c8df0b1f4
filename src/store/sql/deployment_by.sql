-- What brought it.
UPDATE deployments SET task = $2, execution = $3, execution_name = $4, execution_idx = $5, webhook = $6, webhook_name = $7, event = $8
WHERE id = $1;
