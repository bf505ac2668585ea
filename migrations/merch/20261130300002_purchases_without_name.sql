-- The purchases of someone who was forgotten have no name.
ALTER TABLE purchases MODIFY netid VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL;
