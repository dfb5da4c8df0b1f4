-- By the id that the world sees.
SELECT id FROM webhooks WHERE uuid = $1;
