-- The first event that a delivery led to.
SELECT uuid FROM events WHERE delivery_id = $1 ORDER BY id LIMIT 1;
