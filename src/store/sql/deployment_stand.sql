-- How it stands, as of which state of the object.
UPDATE deployments SET init = $2, status = $3, message = $4, object_uid = $5, object_made = $6, generation = $7, put_at = $8, updated_at = $9
WHERE id = $1;
