DELETE FROM user_operations WHERE id = $1 AND status <> 'ACTIVE';
