-- Officers look for recipients, however they write them.
ALTER TABLE deliveries
    MODIFY channel VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY recipient VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci NOT NULL,
    MODIFY netid VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL,
    MODIFY message_key CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    MODIFY state VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY last_error VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;
