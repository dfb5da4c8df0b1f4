SELECT COUNT(*) FROM webhooks WHERE endpoint_id = $1;
