SELECT id FROM hub_hooks WHERE webhook_id = $1;
