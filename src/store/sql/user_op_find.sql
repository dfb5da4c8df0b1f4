SELECT id FROM user_operations WHERE uuid = $1;
