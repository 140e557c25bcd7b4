-- Changes of an issue by the id that it keeps when it moves: another change waits for what became of them, whatever the issue is called by now.
CREATE INDEX issue_updates_of_issue_id ON issue_updates (user_id, site, issue_id, sent_at, draft_id, edition);
