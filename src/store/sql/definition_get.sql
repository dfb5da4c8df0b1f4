SELECT definition FROM definitions WHERE id = $1;
