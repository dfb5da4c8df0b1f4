-- Pushes the registry is still to be asked about.
SELECT id, confirm_due FROM pushes WHERE confirm = 'asked' ORDER BY id;
