-- One-time links to choose a password; `token_hash` is the SHA-256 of the token in the link.
CREATE TABLE links (
    token_hash VARBINARY(32) NOT NULL PRIMARY KEY,
    account_id BIGINT UNSIGNED NOT NULL,
    purpose VARCHAR(10) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    used_at DATETIME(6) NULL,
    KEY links_account (account_id),
    KEY links_expiry (expires_at),
    CONSTRAINT links_of_account FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4;
