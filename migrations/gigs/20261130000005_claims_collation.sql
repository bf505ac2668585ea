ALTER TABLE claims
    MODIFY claimant VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    MODIFY decided_by VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD KEY claims_of_member (claimant, id);
