INSERT INTO changes (project_id, kind, object_id, created_at) SELECT project_id, 'events', id, $2 FROM events WHERE id = $1;
