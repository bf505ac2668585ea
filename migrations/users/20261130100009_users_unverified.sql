-- Applicants who never proved their mail address are looked up by their age.
ALTER TABLE users ADD KEY users_unverified (verified_at, created_at);
