-- Before the write that ends an execution: whether it ended already, and when the push arrived that started it (first attempts).
SELECT x.live, CASE WHEN x.attempt = 1 THEN p.first_at END FROM executions x LEFT JOIN pushes p ON p.id = x.push_id WHERE x.id = $1;
