-- The journal grows: issues that are looked for, finished and linked; runs that remember where to look.
-- A CHECK cannot be changed in place, so the items are copied; nothing refers to them.

ALTER TABLE publish_runs ADD COLUMN newest_before BIGINT;
ALTER TABLE publish_runs ADD COLUMN sweep_at BIGINT;
ALTER TABLE publish_runs ADD COLUMN sweeps BIGINT NOT NULL DEFAULT 0;
CREATE INDEX publish_runs_to_sweep ON publish_runs (sweep_at) WHERE sweep_at IS NOT NULL;
CREATE INDEX publish_runs_active ON publish_runs (user_id, site, project) WHERE state = 'active';

CREATE TABLE publish_items_next (
    id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    run_id          TEXT    NOT NULL,
    user_id         TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    ordinal         BIGINT  NOT NULL,
    reference       TEXT    NOT NULL,
    parent_id       TEXT,
    -- Of what an earlier run has created.
    parent_key      TEXT,
    issue_type_id   TEXT    NOT NULL,
    issue_type      TEXT    NOT NULL,
    summary         TEXT    NOT NULL,
    payload_sha256  TEXT    NOT NULL,
    -- Without marks: the same for the same issue in another run. Empty in rows from before it was kept.
    content_sha256  TEXT    NOT NULL,
    -- JSON.
    marker          TEXT    NOT NULL,
    epic_afterwards BOOLEAN NOT NULL,
    -- JSON.
    links           TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN
        ('planned', 'sending', 'created', 'linked', 'unlinked', 'rejected', 'unknown', 'reconciling', 'needs_human', 'absent',
         'blocked', 'cancelled')),
    attempts        BIGINT  NOT NULL CHECK (attempts >= 0),
    sent_at         BIGINT,
    jira_id         TEXT,
    jira_key        TEXT,
    probes          BIGINT  NOT NULL CHECK (probes >= 0),
    next_probe_at   BIGINT,
    -- When the state changed last.
    changed_at      BIGINT  NOT NULL,
    problem         TEXT,
    -- JSON: refused fields, fields stored otherwise than sent, keys of late doubles.
    fields          TEXT    NOT NULL,
    differences     TEXT    NOT NULL,
    duplicates      TEXT    NOT NULL,
    payload         TEXT    NOT NULL,
    -- An item that is in Jira has an id there; two items of a run are never the same issue.
    CHECK (state NOT IN ('created', 'linked', 'unlinked') OR jira_id IS NOT NULL),
    UNIQUE (run_id, ordinal),
    UNIQUE (run_id, jira_id),
    FOREIGN KEY (run_id, user_id) REFERENCES publish_runs (id, user_id) ON DELETE CASCADE
);

INSERT INTO publish_items_next
    (id, run_id, user_id, ordinal, reference, parent_id, parent_key, issue_type_id, issue_type, summary, payload_sha256,
     content_sha256, marker, epic_afterwards, links, state, attempts, sent_at, jira_id, jira_key, probes, next_probe_at, changed_at,
     problem, fields, differences, duplicates, payload)
SELECT item.id, item.run_id, item.user_id, item.ordinal, item.reference, item.parent_id, NULL, '', item.issue_type, item.summary,
       item.payload_sha256, '',
       CASE run.marker_mode
         WHEN 'footer' THEN '{"footer":"' || replace(run.run_label, '-', '') || '"}'
         ELSE '{"run_label":"' || run.run_label || '"}'
       END,
       FALSE, '[]', item.state, item.attempts, item.sent_at, item.jira_id, item.jira_key, 0, NULL, item.changed_at, item.problem,
       '[]', '[]', '[]', item.payload
FROM publish_items AS item JOIN publish_runs AS run ON run.id = item.run_id;

DROP TABLE publish_items;
ALTER TABLE publish_items_next RENAME TO publish_items;
CREATE INDEX publish_items_of_user_by_state ON publish_items (user_id, state, changed_at DESC, id DESC);
CREATE INDEX publish_items_of_user_by_content ON publish_items (user_id, content_sha256, changed_at DESC);
