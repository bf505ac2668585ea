-- What happened, who caused it, and which transaction it undoes. Rows are only ever added: the service's
-- account may not change or delete them (deploy/setup/src/owners.rs).
CREATE TABLE transactions (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    description VARCHAR(200) NOT NULL,
    actor VARCHAR(80) NOT NULL,
    reverses BIGINT UNSIGNED NULL,
    created_at DATETIME(6) NOT NULL,
    UNIQUE KEY transactions_reverses (reverses),
    KEY transactions_created_at (created_at),
    CONSTRAINT transactions_reversed FOREIGN KEY (reverses) REFERENCES transactions (id)
) DEFAULT CHARSET = utf8mb4;
