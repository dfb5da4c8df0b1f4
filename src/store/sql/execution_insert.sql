-- One push, one run: a second execution of the same (webhook, push, attempt) changes nothing. A
-- rollback does not wait for a change window, nor does a part of what was let begin at any time.
INSERT INTO executions (uuid, project_id, pipeline_id, definition_id, name, idx, status, state, state_version, live, input,
                        outside, comments, tags, executed_by, triggered_by, source, user_id, webhook_id, push_id, attempt,
                        requested_at, updated_at, token_id, parent_id, parent_slot, parent_attempt, rollback, sealed_input, rerun_of, window_free)
VALUES ($1, $2, $3, $4, $5, $6, 'QUEUED', $7, 0, 1, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19, $20, $21, $22, $23, $24, $25, $26,
        CASE WHEN $24 = 1 THEN 1 ELSE COALESCE((SELECT w.window_free FROM executions w WHERE w.id = $21), 0) END)
ON CONFLICT (webhook_id, push_id, attempt) DO NOTHING;
