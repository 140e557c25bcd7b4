DROP TABLE issue_updates;
DROP TABLE draft_issues;
