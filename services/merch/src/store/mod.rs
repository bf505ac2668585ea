//! Every query.

pub(crate) mod customers;
pub(crate) mod purchases;
pub(crate) mod stock;
pub(crate) mod tries;
pub(crate) mod units;
