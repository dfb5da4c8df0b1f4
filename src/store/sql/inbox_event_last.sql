-- The newest attempt of one push by one trigger: an event's, or that of an execution that was run again by itself.
SELECT COALESCE(MAX(n), 0) FROM (SELECT MAX(attempt) AS n FROM events WHERE push_id = $1 AND webhook_id = $2
                                 UNION ALL SELECT MAX(attempt) FROM executions WHERE webhook_id = $2 AND push_id = $1) AS attempts;
