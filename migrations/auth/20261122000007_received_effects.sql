-- The idempotency keys of calls that had an effect, so that a repeated call has none.
CREATE TABLE received_effects (
    idempotency_key VARCHAR(64) NOT NULL PRIMARY KEY,
    created_at DATETIME(6) NOT NULL,
    KEY received_effects_age (created_at)
) DEFAULT CHARSET = utf8mb4;
