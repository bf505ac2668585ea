-- Who was forgotten a moment ago, so that no request of theirs begins anything that was on its way then. A row
-- goes after two minutes.
CREATE TABLE forgotten (
    netid VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    forgotten_at DATETIME(6) NOT NULL
) DEFAULT CHARSET = utf8mb4;
