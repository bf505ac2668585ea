-- A row to lock for each source of tries, so that parallel tries are counted one after the other.
CREATE TABLE sign_in_sources (
    source VARCHAR(45) NOT NULL PRIMARY KEY,
    last_seen_at DATETIME(6) NOT NULL,
    KEY sign_in_sources_age (last_seen_at)
) DEFAULT CHARSET = utf8mb4;
