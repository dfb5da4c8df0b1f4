INSERT INTO definitions (project_id, hash, definition) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING;
