-- For what was sent to a member, under whatever address.
CREATE INDEX deliveries_of_member ON deliveries (netid, id);
