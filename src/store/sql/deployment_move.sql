-- Another image: the one that was there is the previous one.
UPDATE deployments SET previous_image = image, previous_digest = digest, previous_since = since, previous_execution = execution,
       previous_execution_name = execution_name, previous_execution_idx = execution_idx, image = $2, digest = $3, since = $4
WHERE id = $1;
