-- One version is the latest at most.
UPDATE custom_integrations SET latest = 0 WHERE parent_id = $1;
