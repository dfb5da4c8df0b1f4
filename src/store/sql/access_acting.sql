-- Whose rights an execution has now, with the columns of access_find: its user's, and of these no more than its API token allows.
SELECT u.id, u.uuid, u.name, u.email, u.org_role, u.service_role, t.id, t.org_role, t.service_role
FROM users u
LEFT JOIN tokens t ON t.id = $2 AND t.user_id = u.id
WHERE u.id = $1 AND u.disabled = 0
  AND ($2 IS NULL OR (t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $3)) AND t.id IS NOT NULL);
