UPDATE holds SET expires_at = created_at + INTERVAL 7 DAY WHERE state = 'held' AND expires_at IS NULL;
