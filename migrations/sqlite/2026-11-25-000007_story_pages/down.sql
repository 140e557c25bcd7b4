DROP TABLE story_pages;
