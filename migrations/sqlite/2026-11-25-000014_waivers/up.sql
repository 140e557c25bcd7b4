-- Findings that a person lets pass, with the reason; bound to the words that they were about by a fingerprint.

CREATE TABLE waivers (
    draft_id    TEXT   NOT NULL,
    user_id     TEXT   NOT NULL,
    fingerprint TEXT   NOT NULL CHECK (length(fingerprint) = 64),
    code        TEXT   NOT NULL,
    place       TEXT   NOT NULL,
    waived_at   BIGINT NOT NULL,
    reason      TEXT   NOT NULL,
    PRIMARY KEY (draft_id, fingerprint),
    FOREIGN KEY (draft_id, user_id) REFERENCES drafts (id, user_id) ON DELETE CASCADE
);
