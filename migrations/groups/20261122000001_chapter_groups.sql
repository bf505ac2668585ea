-- SIGs and committees (GROUPS is a reserved word). `slug` is the name in lower case, compared byte by
-- byte: two names that differ in case alone are one group. A group that has ended keeps its row.
CREATE TABLE chapter_groups (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind VARCHAR(16) NOT NULL,
    slug VARCHAR(192) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    name VARCHAR(64) NOT NULL,
    description VARCHAR(2000) NOT NULL DEFAULT '',
    meeting_day VARCHAR(100) NOT NULL DEFAULT '',
    meeting_time VARCHAR(100) NOT NULL DEFAULT '',
    meeting_loc VARCHAR(100) NOT NULL DEFAULT '',
    site VARCHAR(100) NOT NULL DEFAULT '',
    email VARCHAR(100) NOT NULL DEFAULT '',
    created_at DATETIME(6) NOT NULL,
    ended_at DATETIME(6) NULL,
    UNIQUE KEY chapter_groups_slug (kind, slug)
) DEFAULT CHARSET = utf8mb4;
