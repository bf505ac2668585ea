-- Effects on other services, recorded with their cause and delivered by a worker (shared/src/outbox.rs).
CREATE TABLE outbox (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    idempotency_key CHAR(32) NOT NULL,
    peer VARCHAR(32) NOT NULL,
    path VARCHAR(255) NOT NULL,
    body MEDIUMTEXT NOT NULL,
    subject VARCHAR(64) NULL,
    attempts INT UNSIGNED NOT NULL DEFAULT 0,
    next_attempt_at DATETIME(6) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    delivered_at DATETIME(6) NULL,
    dead_at DATETIME(6) NULL,
    last_error VARCHAR(500) NULL,
    UNIQUE KEY outbox_idempotency_key (idempotency_key),
    KEY outbox_subject (subject, peer, id),
    KEY outbox_due (delivered_at, dead_at, next_attempt_at)
) DEFAULT CHARSET = utf8mb4;
