-- It did not work, and is tried again at $4, unless something else is intended since.
UPDATE hub_hooks SET state = 'failed', message = $3, attempts = attempts + 1, next_at = $4, updated_at = $5
WHERE id = $1 AND version = $2;
