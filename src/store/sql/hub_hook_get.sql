-- One hook at Docker Hub, as it is wanted and as it is known.
SELECT x.id, x.uuid, x.project_id, j.name, x.endpoint_id, e.name, x.webhook_id, x.webhook_name, x.repository, x.name, x.slug, x.wanted,
       x.url_hash, x.state, x.message, x.version, x.attempts, x.next_at, x.created_at, x.updated_at
FROM hub_hooks x JOIN projects j ON j.id = x.project_id JOIN endpoints e ON e.id = x.endpoint_id WHERE x.id = $1;
