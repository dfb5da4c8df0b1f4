DELETE FROM pushes WHERE project_id = $1;
