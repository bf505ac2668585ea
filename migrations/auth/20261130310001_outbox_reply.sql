-- What the receiver of an effect answered, for causes that want to know it.
ALTER TABLE outbox ADD COLUMN reply MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;
