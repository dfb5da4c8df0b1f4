-- By the id that the world sees.
SELECT id FROM variables WHERE uuid = $1;
