-- Sign-ups that set the password of an account anew name the security stamp that it had.
ALTER TABLE registrations ADD COLUMN resets_stamp TEXT;
