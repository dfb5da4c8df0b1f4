-- Owners who can log in.
SELECT COUNT(*) FROM users WHERE org_role = 'owner' AND disabled = 0;
