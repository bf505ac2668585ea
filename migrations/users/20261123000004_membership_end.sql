-- When the end of a term was acted on: the directory no longer lists the person, unless another term follows.
ALTER TABLE memberships ADD COLUMN end_handled_at DATETIME(6) NULL, ADD KEY memberships_ended (end_handled_at, ends_on);
