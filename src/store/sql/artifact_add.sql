INSERT INTO artifact_chunks (artifact_id, size, chunk) VALUES ($1, $2, $3);
