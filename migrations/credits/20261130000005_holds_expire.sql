-- What is still held when `expires_at` is past is given back: 'expired'. `settled_by` is who ended the hold: a
-- service, or an officer by hand. A hold of a program that knows of neither has none of them.
ALTER TABLE holds
    MODIFY description VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci NOT NULL,
    MODIFY service VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    MODIFY state ENUM ('held', 'captured', 'released', 'expired') CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    ADD COLUMN expires_at DATETIME(6) NULL,
    ADD COLUMN settled_by VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    ADD KEY holds_expiry (state, expires_at),
    ADD CONSTRAINT holds_captured CHECK ((state = 'captured') = (transaction_id IS NOT NULL));
