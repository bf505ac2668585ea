-- The request that caused an effect, so that its delivery is a part of the same trace.
ALTER TABLE outbox ADD COLUMN request_id VARCHAR(64) NULL, ADD COLUMN traceparent CHAR(55) NULL;
