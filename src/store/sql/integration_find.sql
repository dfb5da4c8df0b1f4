-- By the id that the world sees: a draft.
SELECT id FROM custom_integrations WHERE uuid = $1 AND parent_id IS NULL;
