-- The end of the chain, which whoever seals locks.
CREATE TABLE seal_head (
    id TINYINT UNSIGNED NOT NULL PRIMARY KEY,
    number BIGINT UNSIGNED NOT NULL,
    hash BINARY(32) NOT NULL
) DEFAULT CHARSET = utf8mb4;
