-- Who did what: changes that officers made for others, or the service by itself (shared/audit). The account of
-- the service adds rows and reads them, and can do nothing else.
CREATE TABLE audit_log (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    at DATETIME(6) NOT NULL,
    actor VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    action VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    object VARCHAR(255) COLLATE utf8mb4_bin NOT NULL,
    about VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL,
    old_value TEXT NULL,
    new_value TEXT NULL,
    request_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    undone_by TEXT NULL,
    irreversible VARCHAR(200) NULL,
    KEY audit_log_object (kind, object, id),
    KEY audit_log_about (about, id),
    KEY audit_log_actor (actor, id),
    KEY audit_log_at (at)
) DEFAULT CHARSET = utf8mb4;
