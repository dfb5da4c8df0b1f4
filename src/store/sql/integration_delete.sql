-- A draft with its versions, or a version.
DELETE FROM custom_integrations WHERE id = $1;
