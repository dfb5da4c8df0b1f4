-- The registry is to be asked about this push, until due.
UPDATE pushes SET confirm = 'asked', confirm_due = $2 WHERE id = $1;
