DROP INDEX drafts_by_rule_set;
DROP TABLE project_rule_sets;
DROP TABLE rule_set_versions;
ALTER TABLE rule_sets DROP COLUMN keeper;
ALTER TABLE rule_sets DROP COLUMN shipped;
ALTER TABLE rule_sets DROP COLUMN version;
