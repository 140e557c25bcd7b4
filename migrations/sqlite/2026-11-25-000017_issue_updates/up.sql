-- Drafts about an issue that is in Jira already: to be written anew, or broken down.
CREATE TABLE draft_issues (
    draft_id   TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL,
    purpose    TEXT    NOT NULL CHECK (purpose IN ('improve', 'break_down')),
    site       TEXT    NOT NULL,
    -- Numeric id in Jira: stays when the issue moves.
    issue_id   TEXT    NOT NULL,
    issue_key  TEXT    NOT NULL,
    issue_type TEXT    NOT NULL,
    epic       BOOLEAN NOT NULL,
    -- The source of the draft that holds its text.
    source     BIGINT  NOT NULL CHECK (source > 0),
    -- As the site writes it: only ever compared.
    updated    TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    FOREIGN KEY (draft_id, user_id) REFERENCES drafts (id, user_id) ON DELETE CASCADE
);

-- Changes of such issues: the intent is here before anything is sent.
CREATE TABLE issue_updates (
    draft_id           TEXT   NOT NULL REFERENCES draft_issues (draft_id) ON DELETE CASCADE,
    edition            BIGINT NOT NULL CHECK (edition > 0),
    user_id            TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    puts_back          BIGINT CHECK (puts_back > 0),
    draft_version      BIGINT NOT NULL CHECK (draft_version > 0),
    site               TEXT   NOT NULL,
    issue_id           TEXT   NOT NULL,
    issue_key          TEXT   NOT NULL,
    follows            TEXT   NOT NULL,
    -- What it took the place of, so that it can be put back.
    before_summary     TEXT   NOT NULL,
    before_description TEXT   NOT NULL,
    summary            TEXT   NOT NULL,
    description        TEXT   NOT NULL,
    payload            TEXT   NOT NULL,
    plan_hash          TEXT   NOT NULL,
    state              TEXT   NOT NULL CHECK (state IN ('sending', 'written', 'refused', 'unknown', 'absent')),
    note               TEXT   NOT NULL,
    sent_at            BIGINT NOT NULL,
    settled_at         BIGINT,
    PRIMARY KEY (draft_id, edition)
);
CREATE INDEX issue_updates_of_issue ON issue_updates (user_id, site, issue_key, sent_at, draft_id, edition);
