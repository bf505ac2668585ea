ALTER TABLE entries
    ADD CONSTRAINT entries_state_known CHECK (state IN ('waiting', 'done', 'refused'));
