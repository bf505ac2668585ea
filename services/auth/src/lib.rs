//! Accounts, passwords, sessions and one-time links.
