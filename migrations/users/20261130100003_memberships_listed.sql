-- When the directory took the entry that follows from a term: the outbox forgets it in time.
ALTER TABLE memberships
    ADD COLUMN listed_at DATETIME(6) NULL,
    MODIFY approved_by VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL,
    MODIFY payment VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;
