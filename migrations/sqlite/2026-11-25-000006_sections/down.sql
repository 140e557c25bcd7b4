DROP TABLE draft_sections;
