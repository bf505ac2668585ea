-- A gig that was done stays without a name when its issuer is forgotten.
ALTER TABLE gigs MODIFY issuer VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL;
