-- Whose credits: a member's account has a NetID, one of the chapter a name. `balance` is the sum of the
-- account's entries, kept in the transactions that write them; `held` is the sum of its open holds.
CREATE TABLE accounts (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    netid VARCHAR(8) NULL,
    name VARCHAR(20) NULL,
    may_owe BOOLEAN NOT NULL DEFAULT FALSE,
    balance BIGINT NOT NULL DEFAULT 0,
    held BIGINT NOT NULL DEFAULT 0,
    created_at DATETIME(6) NOT NULL,
    UNIQUE KEY accounts_netid (netid),
    UNIQUE KEY accounts_name (name),
    CONSTRAINT accounts_owner CHECK ((netid IS NULL) <> (name IS NULL)),
    CONSTRAINT accounts_held CHECK (held >= 0),
    CONSTRAINT accounts_available CHECK (may_owe OR balance >= held)
) DEFAULT CHARSET = utf8mb4;
