SELECT requests, message FROM swept_registries WHERE registry = $1;
