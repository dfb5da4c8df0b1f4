-- A new intent: it is tried at $4 (NULL: not at all), and what came of older ones no longer counts.
UPDATE hub_hooks SET state = $2, message = $3, next_at = $4, webhook_name = $5, attempts = 0, version = version + 1, updated_at = $6
WHERE id = $1;
