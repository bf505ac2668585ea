ALTER TABLE deliveries
    ADD CONSTRAINT deliveries_state_known
        CHECK (state IN ('queued', 'sent', 'failed', 'dead', 'skipped'));
