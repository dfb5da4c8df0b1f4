INSERT INTO idempotency (user_id, key, request, status, answer, created_at) VALUES ($1, $2, $3, $4, $5, $6);
