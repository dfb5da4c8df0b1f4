SELECT id, uuid, name, email, kind, org_role, service_role, password, disabled, created_at, updated_at, group_names FROM users WHERE id = $1;
