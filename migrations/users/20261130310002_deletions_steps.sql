-- What a deletion waits for stands in `deletion_steps`. The version before writes the three columns still. Who
-- deleted somebody may be forgotten, too.
ALTER TABLE deletions
    MODIFY deleted_by VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL,
    MODIFY auth_effect_id BIGINT UNSIGNED NULL,
    MODIFY directory_effect_id BIGINT UNSIGNED NULL,
    MODIFY groups_effect_id BIGINT UNSIGNED NULL;
