-- How a try ended. $3 is when the next one comes (NULL: never), $4 whether this one may have arrived.
UPDATE notifications SET status = $2, next_at = $3, claimed = 0, doubt = $4, code = $5, message = $6, reference = $7,
       sent_at = CASE WHEN $2 = 'SENT' THEN $8 ELSE sent_at END, updated_at = $8
WHERE id = $1 AND claimed = 1;
