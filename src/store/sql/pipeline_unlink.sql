-- A deleted pipeline's executions stay, as history.
UPDATE executions SET pipeline_id = NULL WHERE pipeline_id = $1;
