-- For the links of someone who is told what is kept of them, or forgotten.
CREATE INDEX unsubscribe_tokens_of_member ON unsubscribe_tokens (netid);
