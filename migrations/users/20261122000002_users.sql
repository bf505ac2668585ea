-- Everyone who joined, members or not. `uin` is unknown for those whom no form asked for it.
CREATE TABLE users (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    netid VARCHAR(8) NOT NULL,
    first_name VARCHAR(50) NOT NULL,
    last_name VARCHAR(50) NOT NULL,
    uin INT UNSIGNED NULL,
    verified_at DATETIME(6) NULL,
    added_to_directory BOOLEAN NOT NULL DEFAULT FALSE,
    published BOOLEAN NOT NULL DEFAULT FALSE,
    created_at DATETIME(6) NOT NULL,
    UNIQUE KEY users_netid (netid),
    UNIQUE KEY users_uin (uin)
) DEFAULT CHARSET = utf8mb4;
