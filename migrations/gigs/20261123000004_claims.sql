-- Who wants to do a gig. Someone has at most one claim on a gig, and a gig at most one accepted claim:
-- `accepted_gig_id` is NULL for every other, and NULLs never collide. `payment_effect_id` is the effect
-- that pays: once it is delivered, the gig is paid. So such an effect is kept.
CREATE TABLE claims (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    gig_id BIGINT UNSIGNED NOT NULL,
    claimant VARCHAR(8) NOT NULL,
    state ENUM('pending', 'accepted', 'rejected', 'withdrawn') NOT NULL DEFAULT 'pending',
    payment_effect_id BIGINT UNSIGNED NULL,
    decided_by VARCHAR(8) NULL,
    created_at DATETIME(6) NOT NULL,
    decided_at DATETIME(6) NULL,
    accepted_gig_id BIGINT UNSIGNED
        GENERATED ALWAYS AS (CASE WHEN state = 'accepted' THEN gig_id END) STORED,
    UNIQUE KEY claims_claimant (gig_id, claimant),
    UNIQUE KEY claims_accepted (accepted_gig_id),
    KEY claims_newest (created_at, id),
    CONSTRAINT claims_gig FOREIGN KEY (gig_id) REFERENCES gigs (id),
    CONSTRAINT claims_payment FOREIGN KEY (payment_effect_id) REFERENCES outbox (id),
    CONSTRAINT claims_paid CHECK ((state = 'accepted') = (payment_effect_id IS NOT NULL))
) DEFAULT CHARSET = utf8mb4;
