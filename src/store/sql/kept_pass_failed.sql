-- A run completed, but this task of it did not: its failure was ignored.
DELETE FROM kept_objects WHERE execution_id = $1
AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.execution_id = $1 AND t.idx = kept_objects.task AND t.status = 'COMPLETED');
