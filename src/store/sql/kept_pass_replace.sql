-- What was verified before makes room.
DELETE FROM kept_objects WHERE execution_id IS NULL
AND EXISTS (SELECT 1 FROM kept_objects o WHERE o.execution_id = $1 AND o.pipeline_id = kept_objects.pipeline_id AND o.endpoint_id = kept_objects.endpoint_id
            AND o.namespace = kept_objects.namespace AND o.kind = kept_objects.kind AND o.name = kept_objects.name);
