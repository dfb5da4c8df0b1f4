-- The dashboard's figures, kept as executions end, so that nobody counts executions. They stay when an execution is deleted.
CREATE TABLE ended_runs (
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    span       TEXT NOT NULL,                    -- hour | day (UTC)
    at         INTEGER NOT NULL,                 -- when that began
    completed  INTEGER NOT NULL DEFAULT 0,
    failed     INTEGER NOT NULL DEFAULT 0,
    canceled   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, span, at)
);
CREATE INDEX ended_runs_by_age ON ended_runs (span, at);

-- How long it took from a push's arrival to the end of the run that it started, of those that completed: a histogram for each day.
CREATE TABLE deploy_times (
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    day        INTEGER NOT NULL,                 -- when it began
    seconds    INTEGER NOT NULL,                 -- exact below 100, two digits above
    count      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, day, seconds)
);
CREATE INDEX deploy_times_by_age ON deploy_times (day);

-- The last column of these two says to SQLite that it need not look at the row.
CREATE INDEX executions_live_by_status ON executions (status, project_id, live) WHERE live = 1;
CREATE INDEX events_held_by_project ON events (project_id, held_until) WHERE held_until IS NOT NULL;
CREATE INDEX executions_of_pushes ON executions (ended_at) WHERE live = 0 AND attempt = 1 AND push_id IS NOT NULL;
CREATE INDEX executions_of_pushes_by_project ON executions (project_id, ended_at) WHERE live = 0 AND attempt = 1 AND push_id IS NOT NULL;

-- What ended before, once.
INSERT INTO ended_runs (project_id, span, at, completed, failed, canceled)
SELECT project_id, 'hour', ended_at - ended_at % 3600000000, SUM(CASE WHEN status = 'COMPLETED' THEN 1 ELSE 0 END),
       SUM(CASE WHEN status IN ('COMPLETED', 'CANCELED') THEN 0 ELSE 1 END), SUM(CASE WHEN status = 'CANCELED' THEN 1 ELSE 0 END)
FROM executions WHERE live = 0 AND ended_at IS NOT NULL GROUP BY 1, 3;
INSERT INTO ended_runs (project_id, span, at, completed, failed, canceled)
SELECT project_id, 'day', at - at % 86400000000, SUM(completed), SUM(failed), SUM(canceled) FROM ended_runs WHERE span = 'hour' GROUP BY 1, 3;
INSERT INTO deploy_times (project_id, day, seconds, count)
SELECT project_id, day, CASE WHEN took < 100 THEN took WHEN took < 1000 THEN took / 10 * 10 WHEN took < 10000 THEN took / 100 * 100
                             WHEN took < 100000 THEN took / 1000 * 1000 WHEN took < 990000 THEN took / 10000 * 10000 ELSE 990000 END, COUNT(*)
FROM (SELECT x.project_id, x.ended_at - x.ended_at % 86400000000 AS day,
             CASE WHEN x.ended_at > p.first_at THEN (x.ended_at - p.first_at) / 1000000 ELSE 0 END AS took
      FROM executions x JOIN pushes p ON p.id = x.push_id
      WHERE x.live = 0 AND x.attempt = 1 AND x.status = 'COMPLETED' AND x.ended_at IS NOT NULL) AS deploys
GROUP BY 1, 2, 3;
