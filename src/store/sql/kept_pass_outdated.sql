-- Of an object that a run put there twice, the last counts; and not where another run put it there later, and completed.
DELETE FROM kept_objects WHERE execution_id = $1
AND EXISTS (SELECT 1 FROM kept_objects o WHERE o.endpoint_id = kept_objects.endpoint_id AND o.namespace = kept_objects.namespace AND o.kind = kept_objects.kind
            AND o.name = kept_objects.name AND o.pipeline_id = kept_objects.pipeline_id
            AND ((o.execution_id = $1 AND (o.put_at > kept_objects.put_at OR (o.put_at = kept_objects.put_at AND o.task > kept_objects.task)))
                 OR (o.execution_id IS NULL AND o.put_at > kept_objects.put_at)));
