-- Both databases compare alike: names of people byte by byte, texts by Unicode's rules.
ALTER TABLE users
    MODIFY netid VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    MODIFY first_name VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci NOT NULL,
    MODIFY last_name VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci NOT NULL;
