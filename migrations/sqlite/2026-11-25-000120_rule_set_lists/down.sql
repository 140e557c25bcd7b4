DROP INDEX rule_sets_by_name;
ALTER TABLE rule_sets DROP COLUMN outline;
ALTER TABLE rule_sets DROP COLUMN name;
