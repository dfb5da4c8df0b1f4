-- Deleted here, still to be deleted there.
UPDATE hub_hooks SET webhook_id = NULL, wanted = 'gone', state = 'pending', message = '', next_at = $2, attempts = 0,
       version = version + 1, updated_at = $2
WHERE id = $1;
