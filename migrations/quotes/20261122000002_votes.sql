CREATE TABLE votes (
    quote_id BIGINT UNSIGNED NOT NULL,
    netid VARCHAR(8) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (quote_id, netid),
    CONSTRAINT votes_quote FOREIGN KEY (quote_id) REFERENCES quotes (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4;
