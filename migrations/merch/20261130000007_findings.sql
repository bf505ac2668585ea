-- What an officer found out is one of two things.
ALTER TABLE purchase_items
    ADD CONSTRAINT purchase_items_finding CHECK (resolved_as IN ('vended', 'failed'));
