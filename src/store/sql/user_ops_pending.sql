SELECT id FROM user_operations WHERE pipeline_id = $1 AND task = $2 AND status = 'ACTIVE' AND id <> $3;
