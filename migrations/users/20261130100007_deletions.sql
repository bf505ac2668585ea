-- People who were deleted, and the effects that end what other services have of them. A deletion ends when
-- each of these has arrived.
CREATE TABLE deletions (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    netid VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deleted_by VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deleted_at DATETIME(6) NOT NULL,
    auth_effect_id BIGINT UNSIGNED NOT NULL,
    directory_effect_id BIGINT UNSIGNED NOT NULL,
    groups_effect_id BIGINT UNSIGNED NOT NULL,
    ended_at DATETIME(6) NULL,
    KEY deletions_netid (netid, deleted_at),
    KEY deletions_ended (ended_at)
) DEFAULT CHARSET = utf8mb4;
