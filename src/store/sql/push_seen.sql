-- The same push was told of again.
UPDATE pushes SET last_at = $2 WHERE id = $1;
