-- Which prompt the words of a draft, and of each version that a model wrote, came from: JSON, NULL when they came from none. Without a
-- reference: a prompt may go, what was written with it stays explained.
ALTER TABLE drafts ADD COLUMN prompt_from TEXT;
ALTER TABLE version_origins ADD COLUMN prompt_from TEXT;

-- Prompts tried side by side on one text. A trial is no draft.
CREATE TABLE prompt_trials (
    id           TEXT   NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_id      TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL,
    format       TEXT   NOT NULL,
    rule_set     TEXT   NOT NULL,
    requirements TEXT   NOT NULL,
    UNIQUE (id, user_id)
);
CREATE INDEX prompt_trials_of_user ON prompt_trials (user_id, created_at, id);

CREATE TABLE prompt_trial_columns (
    trial_id    TEXT   NOT NULL,
    number      BIGINT NOT NULL CHECK (number > 0),
    user_id     TEXT   NOT NULL,
    -- Without a reference: jobs are tidied away, what they wrote stays with the trial.
    job_id      TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'stopped')),
    -- NULL: no prompt.
    prompt_from TEXT,
    words       TEXT   NOT NULL,
    problem     TEXT   NOT NULL,
    -- What came of it and what it cost.
    result      TEXT   NOT NULL,
    PRIMARY KEY (trial_id, number),
    FOREIGN KEY (trial_id, user_id) REFERENCES prompt_trials (id, user_id) ON DELETE CASCADE
);

-- Jobs that try prompts. The program knows the kinds: a CHECK on them would have the table copied for each new one.
CREATE TABLE background_jobs_next (
    id               TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_id          TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind             TEXT    NOT NULL,
    subject          TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    attempts         BIGINT  NOT NULL CHECK (attempts >= 0),
    run_at           BIGINT  NOT NULL,
    cancel_requested BOOLEAN NOT NULL,
    fence            BIGINT  NOT NULL,
    -- Of the lease; the end is in database time.
    lease_owner      TEXT,
    lease_until      BIGINT  CHECK ((status = 'running') = (lease_until IS NOT NULL)),
    created_at       BIGINT  NOT NULL,
    finished_at      BIGINT  CHECK ((status IN ('completed', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    request_id       TEXT    NOT NULL,
    question         TEXT,
    error            TEXT,
    payload          TEXT    NOT NULL,
    UNIQUE (id, user_id)
);

INSERT INTO background_jobs_next
    (id, user_id, kind, subject, status, attempts, run_at, cancel_requested, fence, lease_owner, lease_until, created_at, finished_at,
     request_id, question, error, payload)
SELECT
     id, user_id, kind, subject, status, attempts, run_at, cancel_requested, fence, lease_owner, lease_until, created_at, finished_at,
     request_id, question, error, payload
FROM background_jobs;

DROP TABLE background_jobs;
ALTER TABLE background_jobs_next RENAME TO background_jobs;
CREATE INDEX background_jobs_of_user ON background_jobs (user_id, created_at DESC, id DESC);
CREATE INDEX background_jobs_of_user_by_status ON background_jobs (user_id, status);
CREATE INDEX background_jobs_to_claim ON background_jobs (created_at, id) WHERE status IN ('pending', 'running');
CREATE INDEX background_jobs_by_end ON background_jobs (finished_at) WHERE finished_at IS NOT NULL;
