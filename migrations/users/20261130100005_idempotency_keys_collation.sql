-- Names of callers are compared byte by byte.
ALTER TABLE idempotency_keys MODIFY caller VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;
