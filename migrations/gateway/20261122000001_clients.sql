-- Client applications. A row is a token: an application has several while its token is replaced.
CREATE TABLE clients (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(64) NOT NULL,
    token_hash VARBINARY(32) NOT NULL,
    scopes VARCHAR(255) NOT NULL DEFAULT '',
    created_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NULL,
    last_used_at DATETIME(6) NULL,
    revoked_at DATETIME(6) NULL,
    UNIQUE KEY clients_token (token_hash),
    KEY clients_name (name)
) DEFAULT CHARSET = utf8mb4;
