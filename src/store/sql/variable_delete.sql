DELETE FROM variables WHERE id = $1;
