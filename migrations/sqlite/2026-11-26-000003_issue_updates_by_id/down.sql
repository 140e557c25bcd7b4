DROP INDEX issue_updates_of_issue_id;
