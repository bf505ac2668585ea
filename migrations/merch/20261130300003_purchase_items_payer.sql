-- Whose credits a thing is about that was under way when its buyer was forgotten; gone once it is settled.
ALTER TABLE purchase_items ADD COLUMN payer VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL;
