SELECT project_id, role FROM members WHERE user_id = $1 ORDER BY project_id;
