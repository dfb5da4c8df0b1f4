SELECT group_names FROM users WHERE id = $1;
