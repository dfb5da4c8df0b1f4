-- A complete look is the baseline of those who watched before it began.
UPDATE webhook_watches SET baseline_at = $2 WHERE watch_id = $1 AND baseline_at IS NULL AND since <= $2;
