-- Credits that a service has set aside: 'held', then 'captured' by a transaction or 'released'.
CREATE TABLE holds (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account_id BIGINT UNSIGNED NOT NULL,
    amount BIGINT NOT NULL,
    description VARCHAR(200) NOT NULL,
    service VARCHAR(32) NOT NULL,
    state VARCHAR(10) NOT NULL,
    transaction_id BIGINT UNSIGNED NULL,
    created_at DATETIME(6) NOT NULL,
    settled_at DATETIME(6) NULL,
    KEY holds_open (state, account_id),
    CONSTRAINT holds_of_account FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT holds_by_transaction FOREIGN KEY (transaction_id) REFERENCES transactions (id),
    CONSTRAINT holds_amount CHECK (amount > 0)
) DEFAULT CHARSET = utf8mb4;
