-- What in a source may be meant for a model instead of its readers: a short JSON list, beside the list of sources and not with the texts.

ALTER TABLE draft_sources ADD COLUMN suspicions TEXT NOT NULL DEFAULT '[]';
