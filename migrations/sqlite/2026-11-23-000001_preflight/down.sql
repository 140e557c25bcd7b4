DROP TABLE learned_fields;
DROP TABLE field_defaults;
