SELECT id FROM holds WHERE webhook_id = $1 AND registry = $2 AND repository = $3;
