-- What the agent did for a job, step by step; a step is written when it begins and again when it ends.
CREATE TABLE agent_steps (
    job_id        TEXT    NOT NULL,
    ordinal       BIGINT  NOT NULL CHECK (ordinal > 0),
    user_id       TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind          TEXT    NOT NULL CHECK (kind IN ('model', 'tool', 'question')),
    turn          BIGINT  NOT NULL CHECK (turn >= 0),
    state         TEXT    NOT NULL CHECK (state IN ('running', 'done', 'failed', 'refused')),
    call_id       TEXT    NOT NULL,
    tool          TEXT    NOT NULL,
    server        TEXT    NOT NULL,
    class         TEXT    CHECK (class IN ('read', 'read_open', 'write', 'change', 'open')),
    approval_hash TEXT    NOT NULL,
    bytes         BIGINT  NOT NULL CHECK (bytes >= 0),
    cut           BOOLEAN NOT NULL,
    source        TEXT    NOT NULL,
    began_at      BIGINT  NOT NULL,
    took          BIGINT  NOT NULL,
    prompt_sha256 TEXT    NOT NULL,
    model         TEXT    NOT NULL,
    service       TEXT    NOT NULL,
    input_tokens  BIGINT  NOT NULL CHECK (input_tokens >= 0),
    output_tokens BIGINT  NOT NULL CHECK (output_tokens >= 0),
    asked         TEXT    NOT NULL,
    problem       TEXT    NOT NULL,
    arguments     TEXT    NOT NULL,
    result        TEXT    NOT NULL,
    PRIMARY KEY (job_id, ordinal),
    FOREIGN KEY (job_id, user_id) REFERENCES background_jobs (id, user_id) ON DELETE CASCADE
);
CREATE INDEX agent_steps_of_user ON agent_steps (user_id, job_id, ordinal);

-- With what each version was written. Without a reference to the job: jobs are tidied away, this stays with the draft.
CREATE TABLE version_origins (
    draft_id      TEXT   NOT NULL,
    version       BIGINT NOT NULL,
    user_id       TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    job_id        TEXT   NOT NULL,
    prompt        TEXT   NOT NULL,
    prompt_sha256 TEXT   NOT NULL,
    service       TEXT   NOT NULL,
    model         TEXT   NOT NULL,
    at            BIGINT NOT NULL,
    sources       TEXT   NOT NULL,
    PRIMARY KEY (draft_id, version),
    FOREIGN KEY (draft_id) REFERENCES drafts (id) ON DELETE CASCADE
);
CREATE INDEX version_origins_of_user ON version_origins (user_id, draft_id, version);

-- Tokens by person and day, for budgets.
CREATE TABLE token_counts (
    user_id       TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    day           BIGINT NOT NULL,
    input_tokens  BIGINT NOT NULL CHECK (input_tokens >= 0),
    output_tokens BIGINT NOT NULL CHECK (output_tokens >= 0),
    PRIMARY KEY (user_id, day)
);
CREATE INDEX token_counts_by_day ON token_counts (day);

CREATE INDEX publish_items_by_key ON publish_items (user_id, jira_key) WHERE jira_key IS NOT NULL;
