-- What is known of an object's containers.
SELECT id, container, image, digest, status, execution, previous_image, previous_digest, object_uid, object_made, generation
FROM deployments WHERE endpoint_id = $1 AND namespace = $2 AND kind = $3 AND name = $4 ORDER BY id;
