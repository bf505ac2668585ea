-- For the counts that are forgotten.
ALTER TABLE pin_tries ADD KEY pin_tries_since (since);
