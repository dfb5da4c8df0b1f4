INSERT INTO deploy_times (project_id, day, seconds, count) VALUES ($1, $2, $3, 1)
ON CONFLICT (project_id, day, seconds) DO UPDATE SET count = deploy_times.count + 1;
