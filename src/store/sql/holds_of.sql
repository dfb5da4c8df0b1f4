SELECT id FROM holds WHERE webhook_id = $1 ORDER BY id;
