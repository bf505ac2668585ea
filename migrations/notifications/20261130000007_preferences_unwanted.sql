-- For who does without a kind of message.
CREATE INDEX preferences_unwanted ON preferences (kind, channel, enabled);
