-- How often what blocks in the stories of a section went back to the model.
ALTER TABLE draft_sections ADD COLUMN rewrites BIGINT NOT NULL DEFAULT 0 CHECK (rewrites >= 0);
