-- Held events whose time came, in the order of their arrival within each webhook.
SELECT id FROM events WHERE held_until <= $1 ORDER BY held_until, id LIMIT $2;
