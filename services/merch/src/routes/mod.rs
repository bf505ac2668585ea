//! Every handler.

pub(crate) mod items;
pub(crate) mod locations;
pub(crate) mod people;
pub(crate) mod purchases;
mod query;
pub(crate) mod transactions;
