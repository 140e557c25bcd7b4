DROP TABLE prompt_versions;
DROP TABLE prompts;
CREATE TABLE prompts (
    id         TEXT   NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name       TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    text       TEXT   NOT NULL,
    UNIQUE (user_id, name)
);
