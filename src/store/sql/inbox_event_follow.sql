-- An event shows what its execution does.
UPDATE events SET status = $2, message = $3, updated_at = $4 WHERE execution_id = $1;
