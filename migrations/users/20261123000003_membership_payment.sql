-- What paid for a term that no officer approved: the reference of an online payment.
ALTER TABLE memberships ADD COLUMN payment VARCHAR(200) NULL;
