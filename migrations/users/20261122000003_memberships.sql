-- The terms that members paid for; both days belong to a term. `approved_by` is empty for terms that
-- no officer approved (imported ones). `directory_effect_id` is the effect that adds the member to
-- the campus directory: once it is delivered, the directory lists them. So such an effect is kept.
CREATE TABLE memberships (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id BIGINT UNSIGNED NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    approved_by VARCHAR(8) NULL,
    directory_effect_id BIGINT UNSIGNED NULL,
    created_at DATETIME(6) NOT NULL,
    UNIQUE KEY memberships_term (user_id, starts_on),
    CONSTRAINT memberships_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT memberships_directory_effect FOREIGN KEY (directory_effect_id) REFERENCES outbox (id)
) DEFAULT CHARSET = utf8mb4;
