-- What this attempt of a part began already.
SELECT id FROM executions WHERE parent_id = $1 AND parent_slot = $2 AND parent_attempt = $3;
