-- A container that was not known.
INSERT INTO deployments (uuid, project_id, endpoint_id, namespace, kind, name, container, image, digest, since, put_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $10);
