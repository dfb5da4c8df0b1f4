INSERT INTO swept_registries (registry, requests) VALUES ($1, $2)
ON CONFLICT (registry) DO UPDATE SET requests = swept_registries.requests + $2;
