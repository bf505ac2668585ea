-- The committees whose members are the officers. Every chapter has them.
INSERT INTO chapter_groups (kind, slug, name, created_at)
VALUES ('committees', 'admin', 'Admin', UTC_TIMESTAMP(6)),
       ('committees', 'top4', 'Top4', UTC_TIMESTAMP(6)),
       ('committees', 'corporate', 'Corporate', UTC_TIMESTAMP(6));
