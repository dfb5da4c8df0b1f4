-- What was intended stands at Docker Hub, unless something else is intended since.
UPDATE hub_hooks SET state = 'registered', message = $3, url_hash = $4, attempts = 0, next_at = NULL, updated_at = $5
WHERE id = $1 AND version = $2;
