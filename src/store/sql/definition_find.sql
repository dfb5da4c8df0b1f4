SELECT id FROM definitions WHERE hash = $1;
