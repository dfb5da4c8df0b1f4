-- What the registry answered. Only the first answer counts.
UPDATE pushes SET confirm = $2, confirm_text = $3, digest = CASE WHEN $4 = '' THEN digest ELSE $4 END
WHERE id = $1 AND confirm = 'asked';
