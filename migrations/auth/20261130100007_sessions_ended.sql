-- Sessions that ended long ago are deleted by their end, too.
ALTER TABLE sessions ADD KEY sessions_ended (ended_at);
