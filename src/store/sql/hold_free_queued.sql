-- A webhook goes: executions that wait behind its holds do no longer.
UPDATE executions SET hold_id = NULL, status_message = '' WHERE hold_id IN (SELECT id FROM holds WHERE webhook_id = $1);
