-- Tries at passwords and wishes for a reset, counted over all replicas. `account_key` is the SHA-256
-- of the name as typed, because people type passwords into the wrong field.
CREATE TABLE sign_in_attempts (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account_key VARBINARY(32) NOT NULL,
    source VARCHAR(45) NOT NULL,
    outcome VARCHAR(9) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    KEY sign_in_attempts_account (account_key, outcome, created_at),
    KEY sign_in_attempts_source (source, outcome, created_at),
    KEY sign_in_attempts_age (created_at)
) DEFAULT CHARSET = utf8mb4;
