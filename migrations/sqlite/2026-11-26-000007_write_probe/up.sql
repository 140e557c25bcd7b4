-- Written and removed to find out whether the disk takes writes again.
CREATE TABLE write_probe (
    id     BIGINT NOT NULL PRIMARY KEY,
    filler TEXT   NOT NULL
);
