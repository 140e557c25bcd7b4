DROP TABLE draft_sources;

CREATE TABLE draft_sources (
    draft_id TEXT   NOT NULL,
    ordinal  BIGINT NOT NULL,
    user_id  TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind     TEXT   NOT NULL CHECK (kind IN ('confluence', 'file')),
    site     TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    revision TEXT   NOT NULL,
    read_at  BIGINT NOT NULL,
    PRIMARY KEY (draft_id, ordinal),
    FOREIGN KEY (draft_id, user_id) REFERENCES drafts (id, user_id) ON DELETE CASCADE
);
