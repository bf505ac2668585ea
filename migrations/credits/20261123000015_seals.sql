-- A chain of hashes over the transactions in the order in which they were sealed, so that a row that is
-- changed later no longer fits. Rows are only ever added.
CREATE TABLE seals (
    number BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    transaction_id BIGINT UNSIGNED NOT NULL,
    hash BINARY(32) NOT NULL,
    UNIQUE KEY seals_transaction (transaction_id),
    CONSTRAINT seals_of_transaction FOREIGN KEY (transaction_id) REFERENCES transactions (id)
) DEFAULT CHARSET = utf8mb4;
