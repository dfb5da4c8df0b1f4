SELECT id, uuid, project_id, push_id, webhook_id, attempt, execution_id, status, delivery_id FROM events WHERE id = $1;
