-- The slots of the machine, and what lies in them.
CREATE TABLE locations (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code CHAR(2) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    item_id BIGINT UNSIGNED NULL,
    quantity INT UNSIGNED NOT NULL DEFAULT 0,
    UNIQUE KEY locations_code (code),
    CONSTRAINT locations_item FOREIGN KEY (item_id) REFERENCES items (id)
) DEFAULT CHARSET = utf8mb4;
