-- A UIN proves nothing, so nobody can take it from its owner by entering it first.
ALTER TABLE users DROP KEY users_uin, ADD KEY users_same_uin (uin);
