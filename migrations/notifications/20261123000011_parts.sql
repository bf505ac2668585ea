-- How a notification goes out on one channel.
CREATE TABLE parts (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    notification_id BIGINT UNSIGNED NOT NULL,
    channel VARCHAR(10) NOT NULL,
    sender VARCHAR(320) NULL,
    subject VARCHAR(255) NULL,
    html MEDIUMTEXT NULL,
    KEY parts_of_notification (notification_id),
    CONSTRAINT parts_notification FOREIGN KEY (notification_id) REFERENCES notifications (id)
        ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4;
