-- What tasks of an execution may do because people said yes.
SELECT idx, responded_by, bound FROM user_operations WHERE execution_id = $1 AND status = 'APPROVED' ORDER BY id;
