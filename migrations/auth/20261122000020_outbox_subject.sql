-- Effects on one receiver about one subject are delivered in the order of their causes.
ALTER TABLE outbox ADD COLUMN subject VARCHAR(64) NULL, ADD KEY outbox_subject (subject, peer, id);
