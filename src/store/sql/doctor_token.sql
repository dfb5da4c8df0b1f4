-- An API token's name and end.
SELECT name, COALESCE(expires_at, 0) FROM tokens WHERE id = $1;
