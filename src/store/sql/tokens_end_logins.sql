-- What a login by password gave to come back with.
UPDATE tokens SET revoked_at = $2 WHERE user_id = $1 AND name = 'login by password' AND revoked_at IS NULL;
