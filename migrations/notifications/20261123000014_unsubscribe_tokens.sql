-- The hashes of the tokens in mails' links that switch a kind of message off.
CREATE TABLE unsubscribe_tokens (
    token_hash BINARY(32) NOT NULL PRIMARY KEY,
    netid VARCHAR(8) NOT NULL,
    kind VARCHAR(32) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    KEY unsubscribe_tokens_age (created_at)
) DEFAULT CHARSET = utf8mb4;
