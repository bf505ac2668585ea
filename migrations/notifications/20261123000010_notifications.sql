-- What was asked for: a text of some kind, by a service or an officer. The text of an `account` message
-- holds a link that sets a password, so it is erased when it has arrived.
CREATE TABLE notifications (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    requested_by VARCHAR(80) NOT NULL,
    kind VARCHAR(32) NOT NULL,
    message MEDIUMTEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    KEY notifications_age (created_at)
) DEFAULT CHARSET = utf8mb4;
