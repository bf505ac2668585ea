-- What is sold. Prices are in credits.
CREATE TABLE items (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    price INT UNSIGNED NOT NULL,
    image_url TEXT NULL,
    restock_alerted_at DATETIME(6) NULL,
    created_at DATETIME(6) NOT NULL,
    UNIQUE KEY items_name (name)
) DEFAULT CHARSET = utf8mb4;
