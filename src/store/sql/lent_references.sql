-- Where webhooks name a variable instead of holding a token.
SELECT DISTINCT project_id, refresh_token FROM webhooks WHERE refresh_token <> '' LIMIT 1000;
