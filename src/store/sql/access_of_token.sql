-- Who comes with a live API token, with the columns of access_find.
SELECT u.id, u.uuid, u.name, u.email, u.org_role, u.service_role, t.id, t.org_role, t.service_role
FROM tokens t JOIN users u ON u.id = t.user_id
WHERE t.hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) AND u.disabled = 0;
