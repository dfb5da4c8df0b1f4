UPDATE users SET group_names = $2 WHERE id = $1;
