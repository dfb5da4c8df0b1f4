-- The last delivery of a listener, whatever its verdict.
SELECT received_at, verdict, events, problem FROM deliveries WHERE listener_id = $1 ORDER BY id DESC LIMIT 1;
