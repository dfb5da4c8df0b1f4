-- A push that nobody told us of, but that the registry shows.
UPDATE pushes SET found_by = 'sweep', confirm = 'found', confirm_text = $2 WHERE id = $1;
