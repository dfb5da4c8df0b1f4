SELECT id FROM hub_hooks WHERE uuid = $1;
