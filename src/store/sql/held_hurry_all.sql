UPDATE events SET held_until = $1 WHERE held_until IS NOT NULL;
