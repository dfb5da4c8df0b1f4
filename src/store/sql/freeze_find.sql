-- By the id that the world sees.
SELECT id FROM freezes WHERE uuid = $1;
