-- All who watch this take a baseline again.
UPDATE webhook_watches SET since = $2, baseline_at = NULL WHERE watch_id = $1;
