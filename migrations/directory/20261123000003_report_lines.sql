-- The differences of a report: members who are missing, others who are still listed, and unknown values.
CREATE TABLE report_lines (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    report_id BIGINT UNSIGNED NOT NULL,
    kind VARCHAR(8) NOT NULL,
    netid VARCHAR(8) NULL,
    dn TEXT NULL,
    added_by_grove BOOLEAN NOT NULL,
    CONSTRAINT report_lines_report FOREIGN KEY (report_id) REFERENCES reports (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4;
