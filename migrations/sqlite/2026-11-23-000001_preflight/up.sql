-- What a person fills in on a create screen each time: one row per field, its value as JSON.
CREATE TABLE field_defaults (
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    site       TEXT   NOT NULL,
    project    TEXT   NOT NULL,
    issue_type TEXT   NOT NULL,
    field      TEXT   NOT NULL,
    value      TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, site, project, issue_type, field)
);

-- What create screens do not say and only a refusal revealed. It is about the site, so it belongs to nobody.
CREATE TABLE learned_fields (
    site       TEXT   NOT NULL,
    project    TEXT   NOT NULL,
    issue_type TEXT   NOT NULL,
    field      TEXT   NOT NULL,
    lesson     TEXT   NOT NULL CHECK (lesson IN ('required', 'off_screen')),
    message    TEXT   NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    PRIMARY KEY (site, project, issue_type, field)
);
