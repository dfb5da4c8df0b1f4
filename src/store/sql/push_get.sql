SELECT id, uuid, project_id, endpoint_id, registry, repository, tag, digest, actor, pushed_at, confirm, confirm_text,
       confirm_due, first_at, execution_id
FROM pushes WHERE id = $1;
