-- Back to the states of before: what was finished is created, what was looked for is unknown.

CREATE TABLE publish_items_before (
    id             TEXT   NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    run_id         TEXT   NOT NULL,
    user_id        TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    ordinal        BIGINT NOT NULL,
    reference      TEXT   NOT NULL,
    parent_id      TEXT,
    issue_type     TEXT   NOT NULL,
    summary        TEXT   NOT NULL,
    payload_sha256 TEXT   NOT NULL,
    state          TEXT   NOT NULL CHECK (state IN
        ('planned', 'sending', 'created', 'rejected', 'unknown', 'blocked', 'cancelled')),
    attempts       BIGINT NOT NULL CHECK (attempts >= 0),
    sent_at        BIGINT,
    jira_id        TEXT,
    jira_key       TEXT,
    changed_at     BIGINT NOT NULL,
    problem        TEXT,
    payload        TEXT   NOT NULL,
    CHECK (state <> 'created' OR jira_id IS NOT NULL),
    UNIQUE (run_id, ordinal),
    UNIQUE (run_id, jira_id),
    FOREIGN KEY (run_id, user_id) REFERENCES publish_runs (id, user_id) ON DELETE CASCADE
);

INSERT INTO publish_items_before
    (id, run_id, user_id, ordinal, reference, parent_id, issue_type, summary, payload_sha256, state, attempts, sent_at, jira_id,
     jira_key, changed_at, problem, payload)
SELECT id, run_id, user_id, ordinal, reference, parent_id, issue_type, summary, payload_sha256,
       CASE
         WHEN state IN ('linked', 'unlinked') THEN 'created'
         WHEN state IN ('reconciling', 'needs_human') THEN 'unknown'
         WHEN state = 'absent' THEN 'rejected'
         ELSE state
       END,
       attempts, sent_at, jira_id, jira_key, changed_at, problem, payload
FROM publish_items;

DROP TABLE publish_items;
ALTER TABLE publish_items_before RENAME TO publish_items;
CREATE INDEX publish_items_of_user_by_state ON publish_items (user_id, state, changed_at DESC, id DESC);

DROP INDEX publish_runs_active;
DROP INDEX publish_runs_to_sweep;
ALTER TABLE publish_runs DROP COLUMN sweeps;
ALTER TABLE publish_runs DROP COLUMN sweep_at;
ALTER TABLE publish_runs DROP COLUMN newest_before;
