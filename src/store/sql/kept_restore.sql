-- What a task put there, and what was verified last in its place.
SELECT c.namespace, c.kind, c.name, c.run, v.uuid, v.content, v.run, v.run_name, v.images, v.cluster, v.forced
FROM kept_objects c
LEFT JOIN kept_objects v ON v.execution_id IS NULL AND v.pipeline_id = c.pipeline_id AND v.endpoint_id = c.endpoint_id AND v.namespace = c.namespace
                        AND v.kind = c.kind AND v.name = c.name
WHERE c.execution_id = $1 AND c.task = $2 ORDER BY COALESCE(v.id, c.id), c.id;
