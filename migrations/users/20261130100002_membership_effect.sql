-- An effect that was delivered is purged in time.
ALTER TABLE memberships DROP FOREIGN KEY memberships_directory_effect;
