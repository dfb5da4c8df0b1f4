SELECT id FROM notifications WHERE uuid = $1;
