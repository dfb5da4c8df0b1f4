-- One more ended, in an hour or a day.
INSERT INTO ended_runs (project_id, span, at, completed, failed, canceled) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (project_id, span, at) DO UPDATE SET completed = ended_runs.completed + excluded.completed,
    failed = ended_runs.failed + excluded.failed, canceled = ended_runs.canceled + excluded.canceled;
