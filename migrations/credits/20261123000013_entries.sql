-- What a transaction changed on which account; the entries of a transaction sum to zero. Rows are only
-- ever added.
CREATE TABLE entries (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    transaction_id BIGINT UNSIGNED NOT NULL,
    account_id BIGINT UNSIGNED NOT NULL,
    amount BIGINT NOT NULL,
    UNIQUE KEY entries_transaction (transaction_id, account_id),
    KEY entries_account (account_id, transaction_id),
    CONSTRAINT entries_of_transaction FOREIGN KEY (transaction_id) REFERENCES transactions (id),
    CONSTRAINT entries_of_account FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT entries_amount CHECK (amount <> 0)
) DEFAULT CHARSET = utf8mb4;
