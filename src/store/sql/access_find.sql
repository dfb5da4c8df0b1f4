-- Who an access token speaks for, and what its API token allows: nothing once either is gone, revoked, expired or disabled.
SELECT u.id, u.uuid, u.name, u.email, u.org_role, u.service_role, t.id, t.org_role, t.service_role
FROM access_tokens a
JOIN users u ON u.id = a.user_id
LEFT JOIN tokens t ON t.id = a.token_id
WHERE a.hash = $1 AND a.expires_at > $2 AND u.disabled = 0
  AND (a.token_id IS NULL OR (t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)));
