-- The older program would make accounts of them.
DELETE FROM registrations WHERE resets_stamp IS NOT NULL;
ALTER TABLE registrations DROP COLUMN resets_stamp;
