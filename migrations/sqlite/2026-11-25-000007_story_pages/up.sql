-- Story maps of runs that were written to Confluence: the intent is here before anything is sent.
CREATE TABLE story_pages (
    run_id     TEXT   NOT NULL REFERENCES publish_runs (id) ON DELETE CASCADE,
    edition    BIGINT NOT NULL CHECK (edition > 0),
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    site       TEXT   NOT NULL,
    page_id    TEXT,
    follows    BIGINT CHECK (follows > 0),
    space      TEXT   NOT NULL,
    parent_id  TEXT,
    title      TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    plan_hash  TEXT   NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('sending', 'written', 'refused', 'unknown', 'absent')),
    version    BIGINT CHECK (version > 0),
    url        TEXT   NOT NULL,
    note       TEXT   NOT NULL,
    sent_at    BIGINT NOT NULL,
    settled_at BIGINT,
    PRIMARY KEY (run_id, edition)
);
CREATE INDEX story_pages_of_user ON story_pages (user_id, run_id, edition);
