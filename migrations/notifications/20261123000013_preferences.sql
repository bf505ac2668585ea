-- What members said about a kind of message on a channel; without a row they get it.
CREATE TABLE preferences (
    netid VARCHAR(8) NOT NULL,
    kind VARCHAR(32) NOT NULL,
    channel VARCHAR(10) NOT NULL,
    enabled BOOLEAN NOT NULL,
    changed_at DATETIME(6) NOT NULL,
    PRIMARY KEY (netid, kind, channel)
) DEFAULT CHARSET = utf8mb4;
