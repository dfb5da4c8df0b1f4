-- Events of a deleted execution no longer lead to it.
UPDATE events SET execution_id = NULL WHERE execution_id = $1;
