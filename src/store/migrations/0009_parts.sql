-- An execution that is a part of another one: of a Pipeline task, or a rollback. The same attempt finds the same part again.
ALTER TABLE executions ADD COLUMN parent_id INTEGER;      -- the execution that waits for it
ALTER TABLE executions ADD COLUMN parent_slot INTEGER;    -- the place of its task there; rollbacks have places behind the last task
ALTER TABLE executions ADD COLUMN parent_attempt INTEGER;
ALTER TABLE executions ADD COLUMN rollback INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX executions_by_parent ON executions (parent_id, parent_slot, parent_attempt) WHERE parent_id IS NOT NULL;

-- Values of inputs that are secret ("executions.input" holds a mask in their place): a JSON object, sealed. '' when there are none.
ALTER TABLE executions ADD COLUMN sealed_input TEXT NOT NULL DEFAULT '';
