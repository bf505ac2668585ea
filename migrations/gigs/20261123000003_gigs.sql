-- Jobs that members offer for credits. `escrowed` is what credits keeps for the gig: an open gig's whole
-- reward, unless the chapter pays for it (`admin_task`). A refused gig was never shown; a deleted one
-- keeps its row, because payments and claims refer to it.
CREATE TABLE gigs (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    issuer VARCHAR(8) NOT NULL,
    title VARCHAR(100) NOT NULL,
    details VARCHAR(150) NOT NULL,
    credits BIGINT NOT NULL,
    escrowed BIGINT NOT NULL DEFAULT 0,
    admin_task BOOLEAN NOT NULL,
    state ENUM('reserving', 'refused', 'open', 'fulfilled', 'closed') NOT NULL,
    created_at DATETIME(6) NOT NULL,
    deleted_at DATETIME(6) NULL,
    KEY gigs_newest (created_at, id),
    KEY gigs_issuer (issuer, created_at),
    CONSTRAINT gigs_credits CHECK (credits > 0),
    CONSTRAINT gigs_escrowed CHECK (escrowed BETWEEN 0 AND credits),
    CONSTRAINT gigs_open CHECK (state <> 'open' OR escrowed = IF(admin_task, 0, credits))
) DEFAULT CHARSET = utf8mb4;
