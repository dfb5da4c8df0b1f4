-- The registries, one after the other: each step is a search in the index.
SELECT registry FROM watches WHERE registry > $1 ORDER BY registry LIMIT 1;
