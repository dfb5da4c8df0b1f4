-- A variable of the project changed, which may be a password: what failed is tried anew.
UPDATE hub_hooks SET next_at = $2, attempts = 0, version = version + 1, updated_at = $2
WHERE project_id = $1 AND state = 'failed';
