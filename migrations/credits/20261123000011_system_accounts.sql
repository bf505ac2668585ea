-- The accounts of the chapter. Credits begin and end at the mint, and come in by card; those two owe
-- what the others have.
INSERT INTO accounts (name, may_owe, created_at) VALUES
    ('mint', TRUE, UTC_TIMESTAMP(6)),
    ('card_top_ups', TRUE, UTC_TIMESTAMP(6)),
    ('gig_escrow', FALSE, UTC_TIMESTAMP(6)),
    ('merch_sales', FALSE, UTC_TIMESTAMP(6));
