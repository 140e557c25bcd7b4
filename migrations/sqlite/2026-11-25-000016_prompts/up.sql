-- Prompts with their versions. The table that stood here before was never written to.

DROP TABLE prompts;

CREATE TABLE prompts (
    id          TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    -- NULL: a system prompt, for everybody.
    owner       TEXT    REFERENCES users (id) ON DELETE CASCADE,
    shared      BOOLEAN NOT NULL,
    version     BIGINT  NOT NULL CHECK (version >= 1),
    created_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL,
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    body        TEXT    NOT NULL
);

-- The lists: one's own, system prompts, what is shared.
CREATE INDEX prompts_by_owner ON prompts (owner, updated_at, id);
CREATE INDEX prompts_shared ON prompts (shared, updated_at, id);

CREATE TABLE prompt_versions (
    prompt_id   TEXT   NOT NULL REFERENCES prompts (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL CHECK (number >= 1),
    created_at  BIGINT NOT NULL,
    name        TEXT   NOT NULL,
    description TEXT   NOT NULL,
    note        TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    PRIMARY KEY (prompt_id, number)
);
