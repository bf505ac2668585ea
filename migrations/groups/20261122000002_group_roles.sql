-- Who has or had a place in which group. `is_current` is 1 or NULL, and NULLs never collide: a person
-- has any number of past places in a group and at most one current.
CREATE TABLE group_roles (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    group_id BIGINT UNSIGNED NOT NULL,
    netid VARCHAR(8) NOT NULL,
    name VARCHAR(100) NOT NULL DEFAULT '',
    is_lead BOOLEAN NOT NULL DEFAULT FALSE,
    title VARCHAR(100) NOT NULL DEFAULT '',
    started_at DATETIME(6) NOT NULL,
    started_by VARCHAR(64) NOT NULL,
    ended_at DATETIME(6) NULL,
    ended_by VARCHAR(64) NULL,
    is_current TINYINT GENERATED ALWAYS AS (CASE WHEN ended_at IS NULL THEN 1 END) STORED,
    UNIQUE KEY group_roles_current (group_id, netid, is_current),
    KEY group_roles_netid (netid, ended_at),
    CONSTRAINT group_roles_group FOREIGN KEY (group_id) REFERENCES chapter_groups (id)
) DEFAULT CHARSET = utf8mb4;
