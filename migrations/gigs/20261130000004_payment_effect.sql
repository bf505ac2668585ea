-- An effect that has arrived is deleted in time; a payment that is not in the outbox any more is made.
ALTER TABLE claims DROP FOREIGN KEY claims_payment;
