-- The first delivery of a listener that had the right secret.
SELECT received_at, verdict, events, problem FROM deliveries WHERE listener_id = $1 AND verdict IN ('accepted', 'unreadable') ORDER BY id LIMIT 1;
