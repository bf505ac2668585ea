-- People who bought something or have a PIN, of which only a keyed hash is kept.
CREATE TABLE customers (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    netid VARCHAR(8) NOT NULL,
    pin_hash BINARY(32) NULL,
    pin_made_at DATETIME(6) NULL,
    created_at DATETIME(6) NOT NULL,
    UNIQUE KEY customers_netid (netid),
    UNIQUE KEY customers_pin (pin_hash)
) DEFAULT CHARSET = utf8mb4;
