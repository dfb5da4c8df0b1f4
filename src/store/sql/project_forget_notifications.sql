-- What its executions told goes with a project.
DELETE FROM notifications WHERE project_id = $1;
