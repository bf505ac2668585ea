-- How many wrong PINs a kiosk has sent, and the moment that its waiting time counts from.
CREATE TABLE pin_tries (
    kiosk VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
    wrong INT UNSIGNED NOT NULL DEFAULT 0,
    since DATETIME(6) NULL
) DEFAULT CHARSET = utf8mb4;
