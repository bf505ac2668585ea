-- What an effect is in the words of people, and whom it concerns: they are told when it does not go through.
ALTER TABLE outbox
    ADD COLUMN what VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    ADD COLUMN concerns VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD KEY outbox_concerns (concerns, dead_at);
