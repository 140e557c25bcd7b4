ALTER TABLE draft_sources DROP COLUMN suspicions;
