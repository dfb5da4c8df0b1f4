DELETE FROM freezes WHERE id = $1;
