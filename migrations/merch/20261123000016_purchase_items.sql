-- The single things of a purchase, each with its own fate (services/merch/src/saga). Name and price are
-- those of the purchase, whatever becomes of the item. A row with next_attempt_at is not settled.
CREATE TABLE purchase_items (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    purchase_id BIGINT UNSIGNED NOT NULL,
    position INT UNSIGNED NOT NULL,
    item_id BIGINT UNSIGNED NOT NULL,
    name VARCHAR(50) NOT NULL,
    price INT UNSIGNED NOT NULL,
    location CHAR(2) NOT NULL,
    vend_key CHAR(32) NOT NULL,
    hold_id BIGINT UNSIGNED NULL,
    state VARCHAR(16) NOT NULL,
    reason VARCHAR(200) NULL,
    charged BOOLEAN NOT NULL DEFAULT FALSE,
    attempts INT UNSIGNED NOT NULL DEFAULT 0,
    deadline_at DATETIME(6) NULL,
    next_attempt_at DATETIME(6) NULL,
    created_at DATETIME(6) NOT NULL,
    decided_at DATETIME(6) NULL,
    resolved_as VARCHAR(8) NULL,
    resolved_by VARCHAR(8) NULL,
    resolved_at DATETIME(6) NULL,
    UNIQUE KEY purchase_items_position (purchase_id, position),
    UNIQUE KEY purchase_items_vend_key (vend_key),
    KEY purchase_items_due (next_attempt_at),
    KEY purchase_items_decided (decided_at),
    CONSTRAINT purchase_items_purchase FOREIGN KEY (purchase_id) REFERENCES purchases (id),
    CONSTRAINT purchase_items_state CHECK (state IN
        ('holding', 'vending', 'dropped', 'failed', 'lost', 'done', 'refunded', 'unknown'))
) DEFAULT CHARSET = utf8mb4;
