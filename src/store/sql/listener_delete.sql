DELETE FROM listeners WHERE id = $1;
