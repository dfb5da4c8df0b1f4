-- An execution goes on from where another stopped: what that one put there waits for this one's verification.
UPDATE kept_objects SET execution_id = $2 WHERE execution_id = $1;
