-- The events of Stripe that had their effect, so that a repeated one has none.
CREATE TABLE payment_events (
    id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
    created_at DATETIME(6) NOT NULL,
    KEY payment_events_age (created_at)
) DEFAULT CHARSET = utf8mb4;
