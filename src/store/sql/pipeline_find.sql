-- By the id that the world sees.
SELECT id FROM pipelines WHERE uuid = $1;
