DROP TABLE tool_approvals;
DROP TABLE tool_cache;
CREATE TABLE tool_cache (
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    server     TEXT   NOT NULL,
    fetched_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    tools      TEXT   NOT NULL,
    PRIMARY KEY (user_id, server)
);
