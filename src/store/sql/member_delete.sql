DELETE FROM members WHERE project_id = $1 AND user_id = $2;
