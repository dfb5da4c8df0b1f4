SELECT id, size, chunk FROM artifact_chunks WHERE artifact_id = $1 AND id > $2 ORDER BY id LIMIT 4;
