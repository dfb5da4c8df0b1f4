-- Whose it is, as long as it lasts and they may log in.
SELECT i.user_id FROM invitations i JOIN users u ON u.id = i.user_id WHERE i.hash = $1 AND i.expires_at > $2 AND u.disabled = 0;
