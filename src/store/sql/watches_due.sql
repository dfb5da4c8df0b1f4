SELECT id, next_at FROM watches WHERE registry = $1 ORDER BY next_at LIMIT $2;
