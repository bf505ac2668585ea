//! Every query of the service.

pub(crate) mod entries;
pub(crate) mod reports;
