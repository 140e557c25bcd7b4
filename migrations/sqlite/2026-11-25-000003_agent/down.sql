DROP INDEX publish_items_by_key;
DROP TABLE token_counts;
DROP TABLE version_origins;
DROP TABLE agent_steps;
