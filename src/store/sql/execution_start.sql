-- A queued execution gets a place, and this node as its owner.
UPDATE executions SET status = 'STARTED', owner = $2, lease_epoch = lease_epoch + 1, window_at = NULL, updated_at = $3
WHERE id = $1 AND status = 'QUEUED';
