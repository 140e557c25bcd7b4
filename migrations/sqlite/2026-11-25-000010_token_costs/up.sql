-- What the tokens of a person's day cost, in millionths of the currency, at the prices of the moment: a price that changes changes no past day.

ALTER TABLE token_counts ADD COLUMN cost_micros BIGINT NOT NULL DEFAULT 0 CHECK (cost_micros >= 0);
