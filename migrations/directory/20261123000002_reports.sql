-- How the group differed from the members, whenever that was looked at.
CREATE TABLE reports (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    made_at DATETIME(6) NOT NULL,
    members INT UNSIGNED NOT NULL,
    listed INT UNSIGNED NOT NULL
) DEFAULT CHARSET = utf8mb4;
