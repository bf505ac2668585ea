-- Until when a channel is left alone, because it does not answer or asked for it.
CREATE TABLE pauses (
    channel VARCHAR(10) NOT NULL PRIMARY KEY,
    ends_at DATETIME(6) NOT NULL
) DEFAULT CHARSET = utf8mb4;
