-- Addresses are compared byte by byte.
ALTER TABLE sign_in_sources MODIFY source VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL;
