DELETE FROM hub_hooks WHERE id = $1;
