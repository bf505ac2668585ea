-- What a payment is called at Stripe. A number of ours is not enough: another installation on the same account
-- counts too, and so does this one from a backup. A payment from before has none, and its id stands there.
ALTER TABLE payments
    MODIFY caller VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY netid VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    MODIFY purpose ENUM ('top_up', 'membership') CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    MODIFY state ENUM ('created', 'pending', 'succeeded', 'failed') CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    MODIFY session_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    MODIFY intent_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    MODIFY url TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    MODIFY failure VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci NULL,
    ADD COLUMN reference CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD UNIQUE KEY payments_reference (reference),
    ADD KEY payments_session (session_id);
