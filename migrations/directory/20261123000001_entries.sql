-- Who is to be in the chapter's group of the campus directory, and how far that is. A change of `wanted`
-- raises `revision`. `added_dn` is the value that Grove added to the group; it is empty for someone who
-- was in the group already, whom Grove takes out only when told so by name.
CREATE TABLE entries (
    netid VARCHAR(8) NOT NULL PRIMARY KEY,
    wanted BOOLEAN NOT NULL,
    revision BIGINT UNSIGNED NOT NULL DEFAULT 1,
    state VARCHAR(8) NOT NULL,
    added_dn TEXT NULL,
    last_error VARCHAR(500) NULL,
    changed_at DATETIME(6) NOT NULL,
    tried_at DATETIME(6) NULL,
    KEY entries_state (state, changed_at)
) DEFAULT CHARSET = utf8mb4;
