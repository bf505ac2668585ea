-- Requests that may be sent again, and the replies to them. They take the place of `received_effects`,
-- which the version before this one writes still.
CREATE TABLE idempotency_keys (
    caller VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    idempotency_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    request_hash BINARY(32) NOT NULL,
    status SMALLINT UNSIGNED NULL,
    reply MEDIUMTEXT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (caller, idempotency_key),
    KEY idempotency_keys_age (created_at)
) DEFAULT CHARSET = utf8mb4;
