-- This node takes an execution: from here on writes with an older lease change nothing.
UPDATE executions SET owner = $2, lease_epoch = lease_epoch + 1 WHERE id = $1 RETURNING lease_epoch;
