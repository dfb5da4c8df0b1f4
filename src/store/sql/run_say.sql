-- Why a live execution does not go on.
UPDATE executions SET status_message = $2, updated_at = $3 WHERE id = $1 AND live = 1 AND status_message <> $2 RETURNING project_id;
