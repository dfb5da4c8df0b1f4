-- What a task is about to put on a cluster; the same again replaces it.
INSERT INTO kept_objects (uuid, project_id, pipeline_id, endpoint_id, cluster, execution_id, task, namespace, kind, name, run, run_name, images, forced,
                          content, put_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (execution_id, task, namespace, kind, name) WHERE execution_id IS NOT NULL
DO UPDATE SET uuid = excluded.uuid, endpoint_id = excluded.endpoint_id, cluster = excluded.cluster, run = excluded.run, run_name = excluded.run_name,
              images = excluded.images, forced = excluded.forced, content = excluded.content, put_at = excluded.put_at;
