-- The execution that this one repeats, or goes on from; NULL: it is the first. What is deleted meanwhile leaves its number behind for nobody.
ALTER TABLE executions ADD COLUMN rerun_of INTEGER;
