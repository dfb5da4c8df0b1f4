INSERT INTO execution_tags (execution_id, tag) SELECT DISTINCT $1, value FROM json_each($2);
