-- The waivers that stood when a plan was approved, as they were then: what becomes of waivers later does not change what was approved.

CREATE TABLE standing_waivers (
    draft_id    TEXT   NOT NULL,
    user_id     TEXT   NOT NULL,
    -- Of a run, or of a change of an issue; it covers the waivers.
    plan_hash   TEXT   NOT NULL CHECK (length(plan_hash) = 64),
    ordinal     BIGINT NOT NULL,
    fingerprint TEXT   NOT NULL CHECK (length(fingerprint) = 64),
    story       TEXT   NOT NULL,
    code        TEXT   NOT NULL,
    place       TEXT   NOT NULL,
    severity    TEXT   NOT NULL CHECK (severity IN ('error', 'warning', 'info')),
    message     TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    waived_at   BIGINT NOT NULL,
    PRIMARY KEY (draft_id, plan_hash, ordinal),
    FOREIGN KEY (draft_id, user_id) REFERENCES drafts (id, user_id) ON DELETE CASCADE
);

-- PostgreSQL: the same as a function with RAISE EXCEPTION.
CREATE TRIGGER standing_waivers_stay BEFORE UPDATE ON standing_waivers
BEGIN
    SELECT RAISE(ABORT, 'what was approved is never changed');
END;
