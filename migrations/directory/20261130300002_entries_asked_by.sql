-- Who asked for a change, until it is made; whether the log has what is wanted; and whether the row goes once
-- the person is out of the group.
ALTER TABLE entries
    ADD COLUMN asked_by VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD COLUMN is_logged BOOLEAN NOT NULL DEFAULT TRUE,
    ADD COLUMN is_forgotten BOOLEAN NOT NULL DEFAULT FALSE;
