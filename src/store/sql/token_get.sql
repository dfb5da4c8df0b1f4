-- By the id that the world sees.
SELECT t.id, t.uuid, t.user_id, u.name, t.name, t.org_role, t.service_role, t.expires_at, t.created_at, t.used_at, t.revoked_at FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.uuid = $1;
