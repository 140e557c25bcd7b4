ALTER TABLE draft_sections DROP COLUMN rewrites;
