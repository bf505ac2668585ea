//! Every query, one file a table.

pub(crate) mod accounts;
pub(crate) mod attempts;
pub(crate) mod links;
pub(crate) mod people;
pub(crate) mod sessions;
