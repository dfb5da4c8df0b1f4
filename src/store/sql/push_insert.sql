-- A push that nobody told us of before.
INSERT INTO pushes (uuid, project_id, endpoint_id, registry, repository, tag, mark, generation, digest, actor, pushed_at,
                    first_at, last_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12);
