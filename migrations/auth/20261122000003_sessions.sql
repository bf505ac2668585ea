-- `token_hash` is the SHA-256 of the token, which is kept nowhere.
CREATE TABLE sessions (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account_id BIGINT UNSIGNED NOT NULL,
    token_hash VARBINARY(32) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    last_used_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    ended_at DATETIME(6) NULL,
    user_agent VARCHAR(255) NULL,
    address VARCHAR(45) NULL,
    UNIQUE KEY sessions_token (token_hash),
    KEY sessions_account (account_id, ended_at),
    KEY sessions_expiry (expires_at),
    CONSTRAINT sessions_of_account FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4;
