SELECT (SELECT COUNT(*) FROM events WHERE held_until IS NOT NULL AND project_id IN (SELECT value FROM json_each($1)))
     + (SELECT COUNT(*) FROM events WHERE hold_id IS NOT NULL AND held_until IS NULL AND project_id IN (SELECT value FROM json_each($1)));
