DROP INDEX tool_cache_newest;
