-- Its versions follow their draft's name.
UPDATE custom_integrations SET name = $2 WHERE parent_id = $1;
