SELECT request, status, answer FROM idempotency WHERE user_id = $1 AND key = $2;
