-- The services that forget someone who was deleted: by which effect, when they had done so, and what they removed
-- and kept (JSON). Here there is no effect: it is done with the deletion.
CREATE TABLE deletion_steps (
    deletion_id BIGINT UNSIGNED NOT NULL,
    service VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    effect_id BIGINT UNSIGNED NULL,
    confirmed_at DATETIME(6) NULL,
    report MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    PRIMARY KEY (deletion_id, service),
    KEY deletion_steps_effect (effect_id),
    KEY deletion_steps_confirmed (confirmed_at),
    CONSTRAINT deletion_steps_deletion FOREIGN KEY (deletion_id) REFERENCES deletions (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4;
