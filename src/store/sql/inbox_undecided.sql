-- A delivery that nobody could decide: it is no longer to be matched.
UPDATE deliveries SET state = 1, problem = 'could not be decided: ' || $2 WHERE id = $1;
