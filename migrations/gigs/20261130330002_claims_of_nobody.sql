-- A claim that was paid stays without a name when its claimant is forgotten.
ALTER TABLE claims MODIFY claimant VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL;
