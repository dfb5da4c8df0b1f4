-- It becomes the listener of this webhook.
UPDATE listeners SET webhook_id = $2 WHERE id = $1;
