-- Who paid is not known any more once they are forgotten; the rest of a payment stays for the books.
ALTER TABLE payments
    MODIFY netid VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD KEY payments_netid (netid);
