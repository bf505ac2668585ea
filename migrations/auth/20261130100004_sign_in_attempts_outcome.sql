-- How a try may end; addresses are compared byte by byte.
ALTER TABLE sign_in_attempts
    MODIFY source VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    MODIFY outcome ENUM('failed', 'succeeded', 'reset') CHARACTER SET ascii COLLATE ascii_bin NOT NULL;
