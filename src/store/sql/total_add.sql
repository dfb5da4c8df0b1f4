INSERT INTO totals (kind, project_id, count) VALUES ($1, $2, $3)
ON CONFLICT (kind, project_id) DO UPDATE SET count = totals.count + excluded.count;
