-- How many wrong PINs in a row a kiosk has sent.
CREATE TABLE pin_tries (
    kiosk VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
    wrong INT UNSIGNED NOT NULL DEFAULT 0,
    last_wrong_at DATETIME(6) NULL
) DEFAULT CHARSET = utf8mb4;
