-- One message to one recipient: 'queued', then 'sent', 'failed' (refused for good), 'dead' (tried too
-- often) or 'skipped' (not wanted). `message_key` is its Message-ID on every try.
CREATE TABLE deliveries (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    part_id BIGINT UNSIGNED NOT NULL,
    channel VARCHAR(10) NOT NULL,
    recipient VARCHAR(320) NOT NULL,
    netid VARCHAR(8) NULL,
    message_key CHAR(32) NOT NULL,
    state VARCHAR(10) NOT NULL,
    attempts INT UNSIGNED NOT NULL DEFAULT 0,
    next_attempt_at DATETIME(6) NOT NULL,
    last_error VARCHAR(500) NULL,
    created_at DATETIME(6) NOT NULL,
    settled_at DATETIME(6) NULL,
    UNIQUE KEY deliveries_recipient (part_id, recipient),
    UNIQUE KEY deliveries_message_key (message_key),
    KEY deliveries_due (channel, state, next_attempt_at),
    KEY deliveries_state (state, id),
    KEY deliveries_to (recipient, id),
    CONSTRAINT deliveries_part FOREIGN KEY (part_id) REFERENCES parts (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4;
