-- A definition that no execution pins is found without reading them all.
CREATE INDEX executions_by_definition ON executions (definition_id);
