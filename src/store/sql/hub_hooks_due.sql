-- What is to be tried now, and behind it what is next.
SELECT id, next_at FROM hub_hooks WHERE next_at IS NOT NULL ORDER BY next_at, id LIMIT $1;
