-- No execution pins them any more when a project goes.
DELETE FROM definitions WHERE project_id = $1;
