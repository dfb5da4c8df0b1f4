-- What still stands in a project.
SELECT (SELECT COUNT(*) FROM endpoints WHERE project_id = $1), (SELECT COUNT(*) FROM variables WHERE project_id = $1),
       (SELECT COUNT(*) FROM pipelines WHERE project_id = $1), (SELECT COUNT(*) FROM webhooks WHERE project_id = $1),
       (SELECT COUNT(*) FROM (SELECT 1 FROM executions WHERE project_id = $1 LIMIT 1) found),
       (SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE project_id = $1 LIMIT 1) found),
       (SELECT COUNT(*) FROM (SELECT 1 FROM hub_hooks WHERE project_id = $1 LIMIT 1) found),
       (SELECT COUNT(*) FROM cloud_proxies WHERE project_id = $1), (SELECT COUNT(*) FROM custom_integrations WHERE project_id = $1);
