INSERT INTO swept_registries (registry, requests, message, since) VALUES ($1, 0, $2, $3)
ON CONFLICT (registry) DO UPDATE SET message = $2, since = $3;
