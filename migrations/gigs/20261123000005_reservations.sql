-- Credits that a gig asked for: its reward, or what was added to it. A row is written before credits is
-- called and names the call's idempotency key, so that an unknown outcome is found out by repeating the
-- call. `title`, `details` and `credits` are what the gig says once the amount is reserved. A gig has at
-- most one open question: `asked_gig_id` is NULL for settled ones.
CREATE TABLE reservations (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    gig_id BIGINT UNSIGNED NOT NULL,
    idempotency_key VARCHAR(64) NOT NULL,
    amount BIGINT NOT NULL,
    title VARCHAR(100) NOT NULL,
    details VARCHAR(150) NOT NULL,
    credits BIGINT NOT NULL,
    state ENUM('asked', 'reserved', 'refused') NOT NULL DEFAULT 'asked',
    attempts INT UNSIGNED NOT NULL,
    next_attempt_at DATETIME(6) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    asked_gig_id BIGINT UNSIGNED
        GENERATED ALWAYS AS (CASE WHEN state = 'asked' THEN gig_id END) STORED,
    UNIQUE KEY reservations_idempotency_key (idempotency_key),
    UNIQUE KEY reservations_asked (asked_gig_id),
    KEY reservations_due (state, next_attempt_at),
    CONSTRAINT reservations_gig FOREIGN KEY (gig_id) REFERENCES gigs (id),
    CONSTRAINT reservations_amount CHECK (amount > 0)
) DEFAULT CHARSET = utf8mb4;
