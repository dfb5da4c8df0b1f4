-- By the id that the world sees.
SELECT id FROM endpoints WHERE uuid = $1;
