//! Every query, by the table that it is about.

pub(crate) mod deliveries;
pub(crate) mod log;
pub(crate) mod preferences;
