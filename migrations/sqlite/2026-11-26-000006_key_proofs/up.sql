-- For each key that sealed here, a text that only it opens: whether a keyring belongs to this database is known before anything is served.
CREATE TABLE key_proofs (
    key_id     TEXT   NOT NULL PRIMARY KEY CHECK (length(key_id) BETWEEN 1 AND 32),
    sealed     TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
