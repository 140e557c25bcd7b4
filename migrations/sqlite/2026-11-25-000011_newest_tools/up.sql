-- The newest list of a server, whoever's it is: what the doctor tells.

CREATE INDEX tool_cache_newest ON tool_cache (server, fetched_at DESC, user_id);
