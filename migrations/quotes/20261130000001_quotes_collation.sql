-- Both databases compare alike: names of people byte by byte, texts by Unicode's rules.
ALTER TABLE quotes
    MODIFY text VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci NOT NULL,
    MODIFY author VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY source VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY approved_by VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL;
