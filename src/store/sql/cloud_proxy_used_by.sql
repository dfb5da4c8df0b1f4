-- Endpoints that are reached through it, but for those of one project (0: all).
SELECT name FROM endpoints WHERE cloud_proxy_id = $1 AND project_id <> $2 ORDER BY name LIMIT 20;
