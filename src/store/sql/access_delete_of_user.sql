-- Logged out everywhere.
DELETE FROM access_tokens WHERE user_id = $1;
