-- What a link may be for.
ALTER TABLE links MODIFY purpose ENUM('activation', 'reset') CHARACTER SET ascii COLLATE ascii_bin NOT NULL;
