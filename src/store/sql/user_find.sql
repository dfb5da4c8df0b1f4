SELECT id FROM users WHERE uuid = $1 OR name = $1;
