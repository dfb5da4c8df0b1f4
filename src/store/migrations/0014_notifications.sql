-- What executions tell people and other systems. A row is written with the step that causes it, and tried until it arrives or is given up.
CREATE TABLE notifications (
    id           INTEGER PRIMARY KEY,
    uuid         TEXT NOT NULL UNIQUE,                -- also the key by which a receiver knows a repeated one
    project_id   INTEGER NOT NULL REFERENCES projects (id),
    execution_id INTEGER REFERENCES executions (id) ON DELETE SET NULL,
    execution    TEXT NOT NULL DEFAULT '',            -- its uuid; "" of a test
    name         TEXT NOT NULL,                       -- the pipeline's
    idx          INTEGER NOT NULL DEFAULT 0,          -- the execution's
    occasion     TEXT NOT NULL,                       -- which happening of that execution
    place        INTEGER NOT NULL,                    -- of its entry in the pipeline
    kind         TEXT NOT NULL,                       -- email | jira | webhook | approval
    type         TEXT NOT NULL DEFAULT '',            -- of a webhook: slack | teams
    event        TEXT NOT NULL,
    stage        TEXT NOT NULL DEFAULT '',
    task         TEXT NOT NULL DEFAULT '',
    endpoint     TEXT NOT NULL DEFAULT '',            -- its name
    lane         TEXT NOT NULL,                       -- those that share it go to the same receiver, a few at once
    target       TEXT NOT NULL DEFAULT '',            -- for people: addresses, or the receiver's host
    subject      TEXT NOT NULL DEFAULT '',            -- for people, secrets masked
    content      TEXT NOT NULL,                       -- sealed JSON: what is sent
    status       TEXT NOT NULL,                       -- PENDING | SENT | FAILED | CANCELED
    attempts     INTEGER NOT NULL DEFAULT 0,
    next_at      INTEGER,                             -- NULL: nothing is to be tried
    until        INTEGER NOT NULL,                    -- then it is given up
    claimed      INTEGER NOT NULL DEFAULT 0,          -- a try is under way
    doubt        INTEGER NOT NULL DEFAULT 0,          -- a try may have arrived without our knowing
    code         INTEGER NOT NULL DEFAULT 0,          -- what the receiver answered
    message      TEXT NOT NULL DEFAULT '',            -- how the last try ended
    reference    TEXT NOT NULL DEFAULT '',            -- of a ticket: its address
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    sent_at      INTEGER,
    UNIQUE (execution, occasion, place)
);
CREATE INDEX notifications_due ON notifications (lane, next_at) WHERE status = 'PENDING';
CREATE INDEX notifications_by_project ON notifications (project_id, id);
CREATE INDEX notifications_by_execution ON notifications (execution_id, id);
CREATE INDEX notifications_by_status ON notifications (status, id);
CREATE INDEX notifications_by_age ON notifications (updated_at);
