//! Every query, by the table that it is about.

pub(crate) mod deliveries;
pub(crate) mod log;
pub(crate) mod pauses;
pub(crate) mod personal;
pub(crate) mod preferences;
pub(crate) mod queue;
