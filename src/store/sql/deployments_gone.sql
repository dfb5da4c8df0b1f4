-- An object is gone from the cluster. $5: its uid, '' when it was not there any more: then what was put there later ($6) stays.
DELETE FROM deployments
WHERE endpoint_id = $1 AND namespace = $2 AND kind = $3 AND name = $4 AND (($5 = '' AND put_at <= $6) OR object_uid = $5);
