//! Every query, by the table that it is about.

pub(crate) mod accounts;
pub(crate) mod events;
pub(crate) mod holds;
pub(crate) mod payments;
pub(crate) mod personal;
pub(crate) mod proof;
pub(crate) mod transactions;
