-- Sections of long requirements with the stories that were written for each: what is done is not written again.
CREATE TABLE draft_sections (
    draft_id      TEXT   NOT NULL REFERENCES drafts (id) ON DELETE CASCADE,
    ordinal       BIGINT NOT NULL CHECK (ordinal > 0),
    user_id       TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    job_id        TEXT   NOT NULL,
    title         TEXT   NOT NULL,
    range_start   BIGINT NOT NULL CHECK (range_start >= 0),
    range_end     BIGINT NOT NULL CHECK (range_end >= range_start),
    digest        TEXT   NOT NULL,
    state         TEXT   NOT NULL CHECK (state IN ('pending', 'running', 'done', 'failed')),
    attempts      BIGINT NOT NULL CHECK (attempts >= 0),
    stories       TEXT   NOT NULL,
    problem       TEXT   NOT NULL,
    input_tokens  BIGINT NOT NULL CHECK (input_tokens >= 0),
    output_tokens BIGINT NOT NULL CHECK (output_tokens >= 0),
    PRIMARY KEY (draft_id, ordinal)
);
CREATE INDEX draft_sections_of_user ON draft_sections (user_id, draft_id, ordinal);
