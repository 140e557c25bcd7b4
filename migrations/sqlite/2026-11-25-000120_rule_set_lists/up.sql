-- What lists tell of a rule set stands beside it, so that they read no rules: its name, and a few figures as JSON.

ALTER TABLE rule_sets ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE rule_sets ADD COLUMN outline TEXT NOT NULL DEFAULT '{"max_story_points":3.0,"oversize":"split","severities":0,"forbidden_words":0,"patterns":0,"labels":0,"ready":0}';

UPDATE rule_sets SET
    name = coalesce(json_extract(rules, '$.name'), id),
    outline = json_object(
        'max_story_points', coalesce(json_extract(rules, '$.max_story_points'), 3.0),
        'oversize', coalesce(json_extract(rules, '$.oversize'), 'split'),
        'severities', (SELECT count(*) FROM json_each(rules, '$.severity')),
        'forbidden_words', coalesce(json_array_length(rules, '$.forbidden_words'), 0),
        'patterns', coalesce(json_array_length(rules, '$.patterns'), 0),
        'labels', coalesce(json_array_length(rules, '$.labels'), 0),
        'ready', coalesce(json_array_length(rules, '$.ready'), 0))
WHERE json_valid(rules);

CREATE INDEX rule_sets_by_name ON rule_sets (name, id);
