-- Both databases compare alike: NetIDs and names of entries byte by byte.
ALTER TABLE entries
    MODIFY netid VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    MODIFY state VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY added_dn TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    MODIFY last_error VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;
