-- With which API token's rights an execution acts, beside its user's; NULL: with all that its user has.
ALTER TABLE executions ADD COLUMN token_id INTEGER;

-- The tags of executions once more, to find them by.
CREATE TABLE execution_tags (
    execution_id INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    tag          TEXT NOT NULL,
    PRIMARY KEY (tag, execution_id)
);
CREATE INDEX execution_tags_by_execution ON execution_tags (execution_id);
INSERT INTO execution_tags (execution_id, tag)
SELECT DISTINCT e.id, t.value FROM executions e, json_each(e.tags) t WHERE json_valid(e.tags) AND t.type = 'text';
