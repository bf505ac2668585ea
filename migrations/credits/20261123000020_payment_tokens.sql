-- A hash of the card token that a payment charges, so that one key names one token.
ALTER TABLE payments ADD COLUMN token_hash BINARY(32) NULL;
