-- For what someone wrote who is told what is kept of them, or forgotten.
CREATE INDEX notifications_requested_by ON notifications (requested_by, id);
