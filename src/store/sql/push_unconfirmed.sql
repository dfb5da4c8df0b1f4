-- Pushes the registry is still to be asked about.
SELECT id, project_id, endpoint_id, registry, repository, tag, confirm_due FROM pushes WHERE confirm = 'asked' ORDER BY id;
