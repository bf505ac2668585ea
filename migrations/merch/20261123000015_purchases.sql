-- Who bought, when, and at which kiosk (null: on the website).
CREATE TABLE purchases (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    netid VARCHAR(8) NOT NULL,
    kiosk VARCHAR(200) NULL,
    created_at DATETIME(6) NOT NULL,
    KEY purchases_netid (netid, id)
) DEFAULT CHARSET = utf8mb4;
