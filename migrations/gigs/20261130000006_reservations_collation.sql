-- The time of the next attempt is also the proof of a lease: whoever comes with another one changes nothing.
ALTER TABLE reservations
    MODIFY idempotency_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    MODIFY title VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY details VARCHAR(150) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;
