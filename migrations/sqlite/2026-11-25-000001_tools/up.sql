-- The list of tools that an MCP server gave to a person, for one credential: with another one the row is replaced. The definitions stand
-- last, so that a read of the list alone does not touch them.
-- The table that stood here before had no writer.
DROP TABLE tool_cache;
CREATE TABLE tool_cache (
    user_id       TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    server        TEXT   NOT NULL,
    -- Digest of what the server was shown.
    credential    TEXT   NOT NULL,
    refresh_at    BIGINT NOT NULL,
    fetched_at    BIGINT CHECK ((fetched_at IS NULL) = (fresh_until IS NULL)),
    fresh_until   BIGINT,
    protocol      TEXT   NOT NULL,
    introduced_as TEXT   NOT NULL,
    problem_code  TEXT   CHECK ((problem_code IS NULL) = (problem_at IS NULL)),
    problem       TEXT   NOT NULL,
    problem_at    BIGINT,
    tools         TEXT   NOT NULL,
    definitions   TEXT   NOT NULL,
    PRIMARY KEY (user_id, server)
);
CREATE INDEX tool_cache_to_refresh ON tool_cache (refresh_at, user_id, server);

-- What an administrator decided about one definition of a tool, for everybody. Who approved is kept as a name as well: the decision outlives
-- the account.
CREATE TABLE tool_approvals (
    server                TEXT    NOT NULL,
    tool                  TEXT    NOT NULL,
    hash                  TEXT    NOT NULL,
    class                 TEXT    NOT NULL CHECK (class IN ('read', 'read_open', 'write', 'change', 'open')),
    words                 TEXT    NOT NULL,
    auto_read             BOOLEAN NOT NULL,
    approved_by           TEXT    NOT NULL,
    approved_by_name      TEXT    NOT NULL,
    approved_at           BIGINT  NOT NULL,
    definition            TEXT    NOT NULL,
    -- Another definition that the server has shown since.
    quarantine_hash       TEXT    CHECK ((quarantine_hash IS NULL) = (quarantine_at IS NULL)),
    quarantine_definition TEXT    NOT NULL,
    quarantine_at         BIGINT,
    PRIMARY KEY (server, tool)
);
