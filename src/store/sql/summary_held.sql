SELECT COUNT(*) FROM events WHERE held_until IS NOT NULL AND project_id IN (SELECT value FROM json_each($1));
