-- Rule sets that people keep: who keeps one (nobody: it comes with the configuration), and every state that it had.

ALTER TABLE rule_sets ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE rule_sets ADD COLUMN shipped BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE rule_sets ADD COLUMN keeper TEXT REFERENCES users (id) ON DELETE SET NULL;

CREATE TABLE rule_set_versions (
    rule_set TEXT   NOT NULL REFERENCES rule_sets (id) ON DELETE CASCADE,
    number   BIGINT NOT NULL CHECK (number >= 1),
    -- Who saved it, as called then; empty for the configuration.
    author   TEXT   NOT NULL,
    note     TEXT   NOT NULL,
    saved_at BIGINT NOT NULL,
    rules    TEXT   NOT NULL,
    PRIMARY KEY (rule_set, number)
);

INSERT INTO rule_set_versions (rule_set, number, author, note, saved_at, rules)
SELECT id, 1, '', '', updated_at, rules FROM rule_sets;

-- The rule set that new drafts of a project begin with.
CREATE TABLE project_rule_sets (
    site     TEXT   NOT NULL,
    project  TEXT   NOT NULL,
    rule_set TEXT   NOT NULL REFERENCES rule_sets (id) ON DELETE CASCADE,
    set_at   BIGINT NOT NULL,
    PRIMARY KEY (site, project)
);

-- Whether a rule set is in use is asked before it goes.
CREATE INDEX drafts_by_rule_set ON drafts (rule_set);

-- The projects of a rule set, in the order of their page.
CREATE INDEX project_rule_sets_by_rule_set ON project_rule_sets (rule_set, site, project);
