-- An account is a member's, the chapter's, or since `forgotten_at` nobody's: then nobody knows any more whose it was.
ALTER TABLE accounts
    DROP CONSTRAINT accounts_owner,
    ADD COLUMN forgotten_at DATETIME(6) NULL,
    ADD CONSTRAINT accounts_owned
        CHECK ((netid IS NOT NULL) + (name IS NOT NULL) + (forgotten_at IS NOT NULL) = 1),
    ADD KEY accounts_forgotten (forgotten_at);
