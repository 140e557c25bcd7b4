-- What drafts are written from. The table of the first version was never written to.

DROP TABLE draft_sources;

CREATE TABLE draft_sources (
    draft_id       TEXT    NOT NULL,
    -- Never given again in a draft, also when the source is removed: `p1`.
    number         BIGINT  NOT NULL CHECK (number > 0),
    user_id        TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind           TEXT    NOT NULL CHECK (kind IN ('page', 'file', 'issue', 'tool')),
    state          TEXT    NOT NULL CHECK (state IN ('waiting', 'read', 'failed')),
    -- The job that reads it or has read it.
    job_id         TEXT,
    -- Which pages below it are added when it is read.
    below          TEXT    NOT NULL CHECK (below IN ('none', 'children', 'all')),
    site           TEXT    NOT NULL,
    -- Page id, file name, issue key or tool name.
    name           TEXT    NOT NULL,
    -- Version number, time of change or SHA-256.
    revision       TEXT    NOT NULL,
    title          TEXT    NOT NULL,
    space          TEXT    NOT NULL,
    url            TEXT    NOT NULL,
    restricted     BOOLEAN NOT NULL,
    chars          BIGINT  NOT NULL CHECK (chars >= 0),
    -- Stable code of what went wrong, and words for people about that or about what was left out.
    code           TEXT    CHECK ((state = 'failed') = (code IS NOT NULL)),
    note           TEXT    NOT NULL,
    read_at        BIGINT  NOT NULL,
    rereads        BIGINT  NOT NULL CHECK (rereads >= 0),
    removed_at     BIGINT,
    checked_at     BIGINT,
    -- What the page has come to since; empty when it is gone.
    newer_revision TEXT,
    newer_text     TEXT,
    text           TEXT    NOT NULL,
    PRIMARY KEY (draft_id, number),
    FOREIGN KEY (draft_id, user_id) REFERENCES drafts (id, user_id) ON DELETE CASCADE
);
