-- What a model judged of the stories of a draft: one row for a story and a rule; bound to the words and the question by a fingerprint.

CREATE TABLE judgements (
    draft_id    TEXT   NOT NULL,
    user_id     TEXT   NOT NULL,
    story       TEXT   NOT NULL,
    rule        TEXT   NOT NULL,
    version     BIGINT NOT NULL CHECK (version >= 0),
    fingerprint TEXT   NOT NULL CHECK (length(fingerprint) = 64),
    state       TEXT   NOT NULL CHECK (state IN ('answered', 'not_quoted', 'not_judged')),
    -- Empty where there is no answer.
    answer      TEXT   NOT NULL CHECK ((state = 'not_judged') = (answer = '')),
    -- The job that asked; jobs are cleared away before what came of them.
    job         TEXT   NOT NULL CHECK (length(job) = 32),
    service     TEXT   NOT NULL,
    model       TEXT   NOT NULL,
    judged_at   BIGINT NOT NULL,
    -- What the model quoted, or why there is no answer.
    words       TEXT   NOT NULL,
    PRIMARY KEY (draft_id, story, rule),
    FOREIGN KEY (draft_id, user_id) REFERENCES drafts (id, user_id) ON DELETE CASCADE
);

-- Jobs that judge. A CHECK cannot be changed in place, so the jobs are copied, the last time for a new kind: the program reads no kind that it
-- does not know.

CREATE TABLE background_jobs_next (
    id               TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_id          TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind             TEXT    NOT NULL CHECK (length(kind) > 0),
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
