DROP TABLE prompt_trial_columns;
DROP TABLE prompt_trials;
ALTER TABLE version_origins DROP COLUMN prompt_from;
ALTER TABLE drafts DROP COLUMN prompt_from;

-- Back to the six kinds of before; jobs that try prompts are forgotten.

CREATE TABLE background_jobs_next (
    id               TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_id          TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind             TEXT    NOT NULL CHECK (kind IN ('generate', 'refine', 'publish', 'refresh_tools', 'read_sources', 'judge')),
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
FROM background_jobs
WHERE kind IN ('generate', 'refine', 'publish', 'refresh_tools', 'read_sources', 'judge');

DROP TABLE background_jobs;
ALTER TABLE background_jobs_next RENAME TO background_jobs;
CREATE INDEX background_jobs_of_user ON background_jobs (user_id, created_at DESC, id DESC);
CREATE INDEX background_jobs_of_user_by_status ON background_jobs (user_id, status);
CREATE INDEX background_jobs_to_claim ON background_jobs (created_at, id) WHERE status IN ('pending', 'running');
CREATE INDEX background_jobs_by_end ON background_jobs (finished_at) WHERE finished_at IS NOT NULL;
