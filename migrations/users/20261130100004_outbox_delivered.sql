-- Names of services and people are compared byte by byte; what was delivered is purged by its time.
ALTER TABLE outbox
    MODIFY idempotency_key CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    MODIFY peer VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    MODIFY subject VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD KEY outbox_delivered (delivered_at);
