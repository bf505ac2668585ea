-- How often someone asked to join since `window_start`: from an address, and under a NetID.
CREATE TABLE join_limits (
    subject VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    window_start DATETIME(6) NOT NULL,
    tries INT UNSIGNED NOT NULL,
    KEY join_limits_age (window_start)
) DEFAULT CHARSET = utf8mb4;
