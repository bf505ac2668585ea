ALTER TABLE report_lines
    ADD CONSTRAINT report_lines_kind_known CHECK (kind IN ('missing', 'surplus', 'unknown'));
