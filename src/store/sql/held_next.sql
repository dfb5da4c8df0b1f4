SELECT COALESCE(MIN(held_until), 0) FROM events WHERE held_until IS NOT NULL;
