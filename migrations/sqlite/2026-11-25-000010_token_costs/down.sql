ALTER TABLE token_counts DROP COLUMN cost_micros;
