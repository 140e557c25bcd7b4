-- Ids are 32 hexadecimal digits, times are milliseconds UTC since 1970, structured values are JSON text.
-- Column types are those that PostgreSQL shares; the few statements that it spells otherwise stand at the end.
-- Large columns come last in their table, so that lists do not read them.

CREATE TABLE users (
    id                 TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    employee_id        TEXT    NOT NULL,
    -- Lower case, for comparison; the e-mail is NULL when the site hides it.
    employee_key       TEXT    NOT NULL UNIQUE,
    jira_key           TEXT    NOT NULL,
    jira_site          TEXT    NOT NULL,
    display_name       TEXT    NOT NULL,
    email              TEXT    NOT NULL,
    email_key          TEXT    UNIQUE,
    role               TEXT    NOT NULL CHECK (role IN ('member', 'administrator')),
    active             BOOLEAN NOT NULL,
    security_stamp     TEXT    NOT NULL,
    preferences        TEXT    NOT NULL,
    password_hash      TEXT    NOT NULL,
    -- The Jira connection; NULL when the person removed it.
    encrypted_jira_pat TEXT,
    jira_pat_hint      TEXT    NOT NULL,
    jira_health        TEXT    NOT NULL,
    jira_updated_at    BIGINT  NOT NULL,
    created_at         BIGINT  NOT NULL,
    jira_tls           TEXT    NOT NULL,
    avatar             TEXT,
    UNIQUE (jira_site, jira_key)
);

CREATE TABLE registrations (
    id            TEXT   NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    site          TEXT   NOT NULL,
    jira_user     TEXT   NOT NULL,
    encrypted_pat TEXT   NOT NULL,
    pat_hint      TEXT   NOT NULL,
    expires_at    BIGINT NOT NULL,
    avatar        TEXT
);
CREATE INDEX registrations_by_end ON registrations (expires_at);

CREATE TABLE user_sessions (
    token_hash      TEXT   NOT NULL PRIMARY KEY,
    id              TEXT   NOT NULL UNIQUE CHECK (length(id) = 32),
    user_id         TEXT   REFERENCES users (id) ON DELETE CASCADE,
    security_stamp  TEXT   NOT NULL,
    user_agent      TEXT   NOT NULL,
    address         TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    last_seen_at    BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    -- The earlier of the two, so that one index serves the removal.
    ends_at         BIGINT NOT NULL,
    state           TEXT   NOT NULL
);
CREATE INDEX user_sessions_of_user ON user_sessions (user_id, last_seen_at DESC, id DESC);
CREATE INDEX user_sessions_by_end ON user_sessions (ends_at);

CREATE TABLE api_tokens (
    id           TEXT   NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_id      TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at   BIGINT
);
CREATE INDEX api_tokens_of_user ON api_tokens (user_id, created_at DESC, id DESC);

CREATE TABLE llm_configs (
    user_id              TEXT   NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    target               TEXT   NOT NULL,
    encrypted_credential TEXT   NOT NULL,
    credential_hint      TEXT   NOT NULL,
    health               TEXT   NOT NULL,
    updated_at           BIGINT NOT NULL,
    tls                  TEXT   NOT NULL
);

CREATE TABLE confluence_configs (
    user_id              TEXT   NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    target               TEXT   NOT NULL,
    encrypted_credential TEXT   NOT NULL,
    credential_hint      TEXT   NOT NULL,
    health               TEXT   NOT NULL,
    updated_at           BIGINT NOT NULL,
    tls                  TEXT   NOT NULL
);

-- Tool lists of MCP servers, per person.
CREATE TABLE tool_cache (
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    server     TEXT   NOT NULL,
    fetched_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    tools      TEXT   NOT NULL,
    PRIMARY KEY (user_id, server)
);

-- Prompts that people keep for reuse.
CREATE TABLE prompts (
    id         TEXT   NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name       TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    text       TEXT   NOT NULL,
    UNIQUE (user_id, name)
);

CREATE TABLE rule_sets (
    id         TEXT   NOT NULL PRIMARY KEY,
    updated_at BIGINT NOT NULL,
    rules      TEXT   NOT NULL
);

CREATE TABLE drafts (
    id              TEXT   NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_id         TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title           TEXT   NOT NULL,
    format          TEXT   NOT NULL CHECK (format IN ('classic', 'bdd', 'custom')),
    project         TEXT   NOT NULL,
    issue_type      TEXT   NOT NULL,
    issue_type_name TEXT   NOT NULL,
    rule_set        TEXT   NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('editing', 'writing', 'publishing', 'published')),
    -- The job or run that the state names.
    held_by         TEXT   CHECK ((state = 'editing') = (held_by IS NULL)),
    version         BIGINT NOT NULL CHECK (version >= 0),
    deleted_at      BIGINT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    schema_version  BIGINT NOT NULL,
    prompt          TEXT   NOT NULL,
    document        TEXT   NOT NULL,
    requirements    TEXT   NOT NULL,
    -- Title and requirements in lower case.
    search_text     TEXT   NOT NULL,
    UNIQUE (id, user_id)
);
CREATE INDEX drafts_of_user ON drafts (user_id, updated_at DESC, id DESC) WHERE deleted_at IS NULL;

CREATE TABLE draft_versions (
    draft_id       TEXT   NOT NULL,
    number         BIGINT NOT NULL CHECK (number >= 0),
    user_id        TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    origin         TEXT   NOT NULL CHECK (origin IN ('edited', 'generated', 'refined', 'restored')),
    note           TEXT   NOT NULL,
    created_at     BIGINT NOT NULL,
    schema_version BIGINT NOT NULL,
    document       TEXT   NOT NULL,
    PRIMARY KEY (draft_id, number),
    FOREIGN KEY (draft_id, user_id) REFERENCES drafts (id, user_id) ON DELETE CASCADE
);
CREATE INDEX draft_versions_of_user ON draft_versions (user_id, draft_id, number DESC);

-- Where requirements came from.
CREATE TABLE draft_sources (
    draft_id TEXT   NOT NULL,
    ordinal  BIGINT NOT NULL,
    user_id  TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind     TEXT   NOT NULL CHECK (kind IN ('confluence', 'file')),
    site     TEXT   NOT NULL,
    -- Page id and version, or file name and SHA-256.
    name     TEXT   NOT NULL,
    revision TEXT   NOT NULL,
    read_at  BIGINT NOT NULL,
    PRIMARY KEY (draft_id, ordinal),
    FOREIGN KEY (draft_id, user_id) REFERENCES drafts (id, user_id) ON DELETE CASCADE
);

-- Projects that a person can see, as last read.
CREATE TABLE projects (
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    site       TEXT   NOT NULL,
    project    TEXT   NOT NULL,
    jira_id    TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    fetched_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, site, project)
);

CREATE TABLE background_jobs (
    id               TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_id          TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind             TEXT    NOT NULL CHECK (kind IN ('generate', 'refine', 'publish')),
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
CREATE INDEX background_jobs_of_user ON background_jobs (user_id, created_at DESC, id DESC);
CREATE INDEX background_jobs_of_user_by_status ON background_jobs (user_id, status);
CREATE INDEX background_jobs_to_claim ON background_jobs (created_at, id) WHERE status IN ('pending', 'running');
CREATE INDEX background_jobs_by_end ON background_jobs (finished_at) WHERE finished_at IS NOT NULL;

-- One row holds what a job said between two writes: [{"seq":…,"kind":"…","data":"…"}].
CREATE TABLE job_events (
    job_id    TEXT   NOT NULL REFERENCES background_jobs (id) ON DELETE CASCADE,
    last_seq  BIGINT NOT NULL,
    first_seq BIGINT NOT NULL CHECK (first_seq <= last_seq),
    events    TEXT   NOT NULL,
    PRIMARY KEY (job_id, last_seq)
);

CREATE TABLE publish_runs (
    id              TEXT   NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_id         TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    draft_id        TEXT   NOT NULL,
    version         BIGINT NOT NULL,
    site            TEXT   NOT NULL,
    project         TEXT   NOT NULL,
    plan_hash       TEXT   NOT NULL,
    run_label       TEXT   NOT NULL,
    marker_mode     TEXT   NOT NULL,
    idempotency_key TEXT   NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('active', 'paused', 'completed', 'incomplete', 'stopped')),
    reason          TEXT,
    job_id          TEXT   NOT NULL,
    approved_at     BIGINT NOT NULL,
    finished_at     BIGINT,
    UNIQUE (user_id, idempotency_key),
    UNIQUE (id, user_id),
    FOREIGN KEY (draft_id, user_id) REFERENCES drafts (id, user_id) ON DELETE CASCADE
);
CREATE INDEX publish_runs_of_user ON publish_runs (user_id, approved_at DESC, id DESC);
CREATE INDEX publish_runs_of_draft ON publish_runs (draft_id, user_id);

-- The journal: one row per issue.
CREATE TABLE publish_items (
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
    -- When the state changed last.
    changed_at     BIGINT NOT NULL,
    problem        TEXT,
    payload        TEXT   NOT NULL,
    -- An item that is in Jira has an id there; two items of a run are never the same issue.
    CHECK (state <> 'created' OR jira_id IS NOT NULL),
    UNIQUE (run_id, ordinal),
    UNIQUE (run_id, jira_id),
    FOREIGN KEY (run_id, user_id) REFERENCES publish_runs (id, user_id) ON DELETE CASCADE
);
CREATE INDEX publish_items_of_user_by_state ON publish_items (user_id, state, changed_at DESC, id DESC);

-- The journal's history; never changed.
CREATE TABLE publish_events (
    run_id     TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    item_id    TEXT   NOT NULL,
    fence      BIGINT NOT NULL,
    from_state TEXT   NOT NULL,
    to_state   TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    detail     TEXT   NOT NULL,
    PRIMARY KEY (run_id, seq),
    FOREIGN KEY (run_id, user_id) REFERENCES publish_runs (id, user_id) ON DELETE CASCADE
);
CREATE INDEX publish_events_of_user ON publish_events (user_id, run_id, seq);

-- PostgreSQL: seq BIGINT GENERATED ALWAYS AS IDENTITY.
CREATE TABLE audit_log (
    seq        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at         BIGINT  NOT NULL,
    user_id    TEXT    REFERENCES users (id) ON DELETE CASCADE,
    action     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    detail     TEXT    NOT NULL,
    request_id TEXT    NOT NULL
);
CREATE INDEX audit_log_of_user ON audit_log (user_id, at DESC, seq DESC);

-- PostgreSQL: the same as functions with RAISE EXCEPTION.
CREATE TRIGGER publish_events_stay BEFORE UPDATE ON publish_events
BEGIN
    SELECT RAISE(ABORT, 'the history of a run is never changed');
END;
CREATE TRIGGER audit_log_stays BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log is never changed');
END;
