-- What members overheard. `text_key` is the SHA-256 of the text as it is compared, because a unique
-- key over the text itself would be too long.
CREATE TABLE quotes (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    text VARCHAR(2000) NOT NULL,
    text_key VARBINARY(32) NOT NULL,
    author VARCHAR(50) NOT NULL,
    source VARCHAR(50) NOT NULL,
    approved BOOLEAN NOT NULL DEFAULT FALSE,
    approved_by VARCHAR(8) NULL,
    taken_down_at DATETIME(6) NULL,
    created_at DATETIME(6) NOT NULL,
    UNIQUE KEY quotes_text (text_key),
    KEY quotes_order (approved, created_at, id)
) DEFAULT CHARSET = utf8mb4;
